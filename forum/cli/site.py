"""The commands that make and run a site: init, up, web, work, doctor; and those that are not there yet."""

import os
import signal
import socket
import threading

import click
import structlog

from forum.cli.demo import demo_environment, seed_demo
from forum.cli.doctor import doctor
from forum.cli.frame import a_line, open_site
from forum.cli.installing import install
from forum.cli.log import log as log_of_acts
from forum.cli.supervisor import check_addresses, free_own_leases, only_one, supervise
from forum.metrics import serve_metrics
from forum.settings import Settings, current_settings, read_settings
from forum.work import work_once, work_until, workers

_SECONDS_TO_END = 4.5

log = structlog.get_logger(__name__)


@click.command("init", epilog="Example: banyan init --name 'Harbor Physicians'")
@click.option("--name", type=a_line, metavar="TEXT", help="The name of the community.")
@click.option("--slug", help="The mail name of the group that everybody is in; community when left out.")
def init(name: str | None, slug: str | None) -> None:
    """Create or migrate the database, and the group of the whole community. Safe to repeat."""
    settings = read_settings()
    click.echo(f"Ready: {install(settings, name, slug)}")


@click.command("web", epilog="Example: banyan web")
@click.option("--demo", is_flag=True, hidden=True, help="Add the doors of the demo.")
def web(demo: bool) -> None:
    """Serve the pages on BANYAN_HTTP_LISTEN until SIGTERM."""
    # gunicorn is slow to import, and no other command needs it.
    from forum.cli.serving import serve

    settings = read_settings()
    with open_site(settings):
        pass  # What is wrong with the database is said here in one line.
    serve(settings, demo)


@click.command("work", epilog="Example: banyan work --once")
@click.option("--only", metavar="KIND", help="One kind of work; a wrong one lists them all.")
@click.option("--but", metavar="KIND", multiple=True, help="All but this kind; may stand several times.")
@click.option("--once", is_flag=True, help="Do what is due, then end.")
@click.option("--owner", metavar="NAME", hidden=True, help="The name under which work is leased.")
def work(only: str | None, but: tuple[str, ...], once: bool, owner: str | None) -> None:
    """Do what waits in the queues - incoming mail, copies, notices, the index - until SIGTERM. Any number may run."""
    try:
        chosen = workers(only, but)
    except LookupError as error:
        raise click.UsageError(str(error.args[0])) from None
    owner = owner or f"{socket.gethostname()}:{os.getpid()}"
    with open_site() as core:
        if once:
            click.echo(f"{work_once(core, chosen, owner)} done.")
            return
        if (settings := current_settings()).metrics_listen:
            serve_metrics(core, settings)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        running = threading.Thread(target=work_until, args=(core, chosen, owner, stop), name="work", daemon=True)
        running.start()
        stop.wait()
        running.join(_SECONDS_TO_END)
        if running.is_alive():
            # What is still held comes due again when its lease ends. Threads in the middle of something cannot be
            # ended, and the interpreter's own end would wait for them.
            log.warning("ended in the middle of work")
            os._exit(0)


@click.command("up", epilog="Example: banyan up --demo")
@click.option("--demo", is_flag=True, help="A community to look at, with its own doors; for this computer only.")
def up(demo: bool) -> None:
    """Run everything: web, mail door and workers, each started again when it dies, until SIGTERM."""
    settings = read_settings()
    with only_one(settings):
        check_addresses(settings)
        install(settings)
        with open_site(settings):
            free_own_leases()
            if demo:
                seed_demo()
        environment = demo_environment(settings) if demo else {}
        web_words = ["web", "--demo"] if demo else ["web"]
        supervise(settings, web_words, environment, lambda: _show_addresses(settings, demo))


def _show_addresses(settings: Settings, demo: bool) -> None:
    mail = f"kept in {settings.data_dir / 'mail'}" if settings.smarthost == "capture" else f"to {settings.smarthost}"
    click.echo("Banyan is up.")
    click.echo(f"  pages     {settings.base_url}{'/demo' if demo else ''}, served at {settings.http_listen}")
    click.echo(f"  mail in   LMTP at {settings.lmtp_listen}, for addresses at {settings.domain}")
    click.echo(f"  mail out  {mail}")
    click.echo("Ctrl-C ends it.")


commands = [init, up, web, work, doctor, log_of_acts]
