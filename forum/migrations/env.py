"""How Alembic reaches the database: through the running core's engine, on SQLite and PostgreSQL alike."""

from typing import Any

from alembic import context

from forum.db import Base, db


def _same_type(_context: Any, _inspected: Any, _metadata: Any, inspected_type: Any, metadata_type: Any) -> bool | None:
    """Leave comparing types to Alembic."""
    return None


def run() -> None:
    with db.engine.connect() as connection:
        writing = connection.execution_options(writing=True)
        context.configure(
            connection=writing,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=_same_type,
        )
        with context.begin_transaction():
            context.run_migrations()
        if writing.in_transaction():
            writing.commit()


run()
