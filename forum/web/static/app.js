/* Only comfort: every page works whole without this file. Keys, answering without losing what was typed, file sizes. */
(() => {
  "use strict";
  const form = document.querySelector("form.writing");
  const text = form && form.elements.text;

  /* j and k walk through rows or posts, o opens, r answers, / searches, ? shows the keys. */
  const stops = [...document.querySelectorAll(".threads > li > a, .post")];
  let at = -1;
  const go = (step) => {
    if (!stops.length) return;
    at = Math.min(Math.max(at + step, 0), stops.length - 1);
    const stop = stops[at];
    if (stop.matches(".post")) stop.tabIndex = -1;
    stop.focus({ preventScroll: true });
    stop.scrollIntoView({ block: "nearest" });
  };
  const keys = {
    j: () => go(1),
    k: () => go(-1),
    o: () => document.activeElement.matches(".threads a") && document.activeElement.click(),
    r: () => {
      const link = stops[at] && stops[at].querySelector("[data-answer]");
      if (link) link.click();
      else if (text) text.focus();
    },
    "/": () => {
      const box = [...document.querySelectorAll('input[type="search"]')].find((each) => each.offsetParent);
      if (box) box.focus();
    },
    "?": () => {
      const help = document.getElementById("keys");
      if (help) help.showModal();
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });

  if (!form) return;

  /* Reply under a post chooses it in the open form, so that words typed already stay. */
  const answering = form.querySelector(".answering");
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-answer]");
    if (!link || !answering || !text.value.trim()) return;
    event.preventDefault();
    const post = link.closest(".post");
    document.querySelectorAll(".post.answered").forEach((each) => each.classList.remove("answered"));
    post.classList.add("answered");
    form.elements.answers.value = link.dataset.answer;
    const [name, words] = [answering.querySelector("a"), answering.querySelector("span")];
    name.textContent = post.querySelector("h2").textContent;
    name.href = "#" + post.id;
    const said = post.querySelector(".text").innerText.trim().replace(/\s+/g, " ");
    words.textContent = said.length > 90 ? said.slice(0, said.lastIndexOf(" ", 90)) + "…" : said;
    const quote = answering.querySelector(".quote");
    if (quote) quote.remove();
    answering.hidden = false;
    text.focus();
  });

  /* Files that are too large are named before they are sent in vain. */
  const files = form.elements.files;
  const tooLarge = form.querySelector("#files-error");
  const check = () => {
    const most = Number(files.dataset.most);
    const size = [...files.files].reduce((sum, file) => sum + file.size, 0);
    tooLarge.hidden = size <= most;
    tooLarge.textContent = size > most
      ? `These files have ${(size / 1e6).toFixed(1)} MB together; at most ${(most / 1e6).toFixed(0)} MB can be posted.`
      : "";
    return size <= most;
  };
  files.addEventListener("change", check);
  form.addEventListener("submit", (event) => {
    if (!check()) {
      event.preventDefault();
      files.focus();
    }
  });
})();
