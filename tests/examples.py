"""How many examples a property test on the database takes."""

import os


def on_this_database(number: int) -> int:
    """So many on SQLite, a third on PostgreSQL.

    There a step costs three times as much, and the rules under test are the same code: a few
    examples show whether the database keeps them.
    """
    is_postgres = os.environ["GONGZHI_DATABASE_URL"].startswith("postgres")
    return max(number // 3, 5) if is_postgres else number
