"""The demo community: a believable place to look at, made of data and seeded through the real actions.

Its extra doors - signing in as a persona, reading and writing a persona's mail - exist only in a site that was started
with `--demo`, which alone calls `register`.
"""

from flask import Flask

from forum.demo import mailworld

# What `up --demo` sets BANYAN_TRUSTED_AUTHSERV_ID to when it is empty: the name under which the demo's mail program
# says who wrote a mail, and which the gateway then believes.
DEMO_AUTHSERV_ID = "demo.localhost"


def register(app: Flask) -> None:
    """Open the demo's doors in a site that has all the others already."""
    app.register_blueprint(mailworld.blueprint)
    app.context_processor(mailworld.mention)
