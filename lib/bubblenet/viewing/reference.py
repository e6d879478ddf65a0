"""docs/tables.md, generated from lib/bubblenet/tables and views.sql so that it cannot drift.

python -m bubblenet.viewing.reference docs/tables.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from bubblenet.tables import TABLES, Table
from bubblenet.viewing.views import views

_HEAD = """# Tables and views

<!-- Made by `python -m bubblenet.viewing.reference docs/tables.md` from bubblenet.tables and viewing/views.sql. Edit those. -->

A warehouse is a folder with one Delta table in each sub-folder (`DIR/documents`, `DIR/segments`, ...), or a schema of a catalog when
`tables.schema` is set. Each table has a schema version of its own, stored as its property `bubblenet.schema_version`, and names the release
that made it as `bubblenet.release`.

A column that a later release adds is added to the table when a job of that release opens the warehouse: null in the rows that are there,
with no row rewritten and nothing asked of a model again. `bubblenet sql`, `status` and `report` change nothing; they show such a column as
null. A change that needs another schema version is refused by `SchemaVersionError`, which names table, column and release.

How to read a row:

- Every request gets a verdict. `status` is `ok` or `quarantined`; `kept` says whether the row goes on; `reason` says why not.
- `fingerprint` tells the settings a row was made with. Rows of older settings stay; table `recipes` tells which belong together.
- Ids are hashes of content. The same passage has the same `segment_id` on every page and in every snapshot.

"""

_READING = """## Reading them

With plain names, and with the functions `backtranslate(text)` and `self_score(instruction, text)`:

```
bubblenet sql "SELECT grade, count(*) FROM curated GROUP BY grade" --warehouse DIR
```

In a notebook or an application of your own, on a session with Delta:

```python
from bubblenet.app import session
from bubblenet.viewing.views import register_views
from bubblenet.kernel.warehouse import Warehouse

spark = session.build()
register_views(Warehouse(spark, "DIR", access="read"))
spark.sql("SELECT instruction, response FROM curated_4").show()
```

Without Java, the tables (not the views) can be read by anything that knows Delta. With the `deltalake` package:

```python
from deltalake import DeltaTable

curated = DeltaTable("DIR/curated").to_pandas(columns=["instruction", "response", "quality"])
earlier = DeltaTable("DIR/curated", version=1).to_pandas()
```

With DuckDB over the same package (nothing is copied to disk):

```python
import duckdb
from deltalake import DeltaTable

segments = DeltaTable("DIR/segments").to_pyarrow_dataset()
duckdb.sql("SELECT language, count(*) FROM segments WHERE kept GROUP BY language").show()
```

DuckDB reads them by itself, too, where its extension can be installed: `SELECT * FROM delta_scan('DIR/curated')`.
The tables carry no deletion vectors, so old readers work. Time travel in Spark: ``SELECT * FROM delta.`DIR/curated` VERSION AS OF 1``.
"""


def tables_page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD, _contents(), *(_table(table) for table in TABLES), _views(), _READING]
    return "".join(parts)


def _contents() -> str:
    rows = "".join(f"| [{table.name}](#{table.name}) | {table.comment} |\n" for table in TABLES)
    return f"| table | one row is |\n|---|---|\n{rows}\n"


def _table(table: Table) -> str:
    columns = "".join(f"| `{column.name}` | {column.type} | {_cell(column.comment)} |\n" for column in table.columns)
    return f"## {table.name}\n\n{table.comment}\n\n{_layout(table)}\n\n| column | type | meaning |\n|---|---|---|\n{columns}\n"


def _layout(table: Table) -> str:
    """The physical layout: what a predicate can skip."""
    partitions = ", ".join(f"`{name}`" for name in table.partitioned_by) or "nothing"
    statistics = ", ".join(f"`{name}`" for name in table.statistics) or "the first 32 columns"
    return f"Partitioned by: {partitions}. File statistics for: {statistics}. Schema version {table.schema_version}."


def _views() -> str:
    rows = "".join(f"| `{view.name}` | {_cell(view.comment)} |\n" for view in views())
    intro = "Views exist inside `bubblenet sql` and after `register_views`; they are SQL in `viewing/views.sql` and store nothing.\n"
    return f"## Views\n\n{intro}\n| view | what it shows |\n|---|---|\n{rows}\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(argv: list[str] | None = None) -> int:
    """Write the page to the path given as the only argument."""
    (path,) = sys.argv[1:] if argv is None else argv
    Path(path).write_text(tables_page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
