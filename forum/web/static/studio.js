/* Only comfort: the map of the split studio says nothing that the tables beside it do not say. Pointing at a group,
   on the map or in its row, shows its ties; a click on the map leads to the row. */
(() => {
  "use strict";
  const map = document.getElementById("map");
  if (!map) return;
  const areas = [...map.querySelectorAll("[data-group]")];
  const ties = [...map.querySelectorAll("[data-groups]")];
  const rowOf = (group) => document.getElementById(`group-${group}`);

  const point = (group) => {
    const near = new Set([group]);
    for (const tie of ties) {
      const ends = tie.dataset.groups.split(" ");
      const its = ends.includes(group);
      tie.classList.toggle("on", its);
      if (its) ends.forEach((end) => near.add(end));
    }
    for (const area of areas) {
      area.classList.toggle("on", area.dataset.group === group);
      area.classList.toggle("off", !near.has(area.dataset.group));
    }
    map.classList.add("pointed");
  };
  const leave = () => {
    map.classList.remove("pointed");
    [...areas, ...ties].forEach((each) => each.classList.remove("on", "off"));
  };

  for (const area of areas) {
    const group = area.dataset.group;
    const row = rowOf(group);
    area.addEventListener("pointerenter", () => point(group));
    area.addEventListener("pointerleave", leave);
    if (!row) continue;
    area.classList.add("leads");
    area.addEventListener("click", () => {
      row.scrollIntoView({ block: "center" });
      const link = row.querySelector("a");
      if (link) link.focus({ preventScroll: true });
    });
    row.addEventListener("pointerenter", () => point(group));
    row.addEventListener("pointerleave", leave);
    row.addEventListener("focusin", () => point(group));
    row.addEventListener("focusout", leave);
  }
})();
