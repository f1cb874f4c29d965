"""Tables: several instant queries joined by their labels, one column a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.grafana.definitions.panels import (
    FULL,
    Limit,
    Query,
    Text,
    Words,
    common_parts,
    mapped,
    target,
    thresholds,
    thresholds_of,
)

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of values: its head, the query, how it is written, and from when on it is coloured."""

    head: str
    expr: str
    unit: str = "short"
    decimals: int | None = 0
    limit: Limit | None = None
    words: Words | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A column of one label's values, with words for them and a link where a row leads."""

    head: str
    label: str
    words: Words | None = None
    link: str | None = None
    width: int | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """The labels that name a row, the columns of values, and by which head the table is sorted (greatest first)."""

    labels: Sequence[Label]
    columns: Sequence[Column]
    sort: str | None = None
    ascending: bool = False
    left_out: Sequence[str] = field(default=("Time",))


def rows(text: Text, what: Rows, *, span: int = FULL, height: int = 10, otherwise: str = "—") -> table.Panel:
    """Return the table; a value that a row lacks is an empty cell."""
    panel = common_parts(table.Panel(), text, span, height).no_value(otherwise)
    panel.thresholds(thresholds(None)).cell_height(common_models.TableCellHeight.SM).min_width(80)
    for number, column in enumerate(what.columns):
        query = target(number, Query(column.expr, column.head)).instant().format(PromQueryFormat.TABLE)
        panel.with_target(query)
    panel.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    panel.with_transformation(models.DataTransformerConfig(id_val="organize", options=_organized(what)))
    for label in what.labels:
        panel.override_by_name(label.head, _of_label(label))
    for column in what.columns:
        panel.override_by_name(column.head, _of_column(column))
    if what.sort:
        panel.sort_by([common.TableSortByFieldState().display_name(what.sort).desc(not what.ascending)])
    return panel


def _organized(what: Rows) -> Mapping[str, Any]:
    # With one query Grafana calls the column `Value`, with several `Value #A` and so on.
    alone = len(what.columns) == 1
    values = ["Value" if alone else f"Value #{_LETTERS[n]}" for n in range(len(what.columns))]
    heads = {label.label: label.head for label in what.labels}
    heads |= dict(zip(values, (column.head for column in what.columns), strict=True))
    hidden = [label.label for label in what.labels if label.hidden]
    return {
        "excludeByName": dict.fromkeys((*what.left_out, *hidden), True),
        "indexByName": {name: index for index, name in enumerate(heads)},
        "renameByName": heads,
    }


def _of_label(label: Label) -> list[models.DynamicConfigValue]:
    # A code is no number: 140502 is not 141 K.
    properties = [models.DynamicConfigValue(id_val="unit", value="string")]
    if label.width:
        properties.append(models.DynamicConfigValue(id_val="custom.width", value=label.width))
    if label.words:
        properties.append(models.DynamicConfigValue(id_val="mappings", value=mapped(label.words)))
        if any(color for _, color in label.words.values()):
            properties.append(_coloured())
    if label.link:
        link = {"title": "查看", "url": label.link, "targetBlank": False}
        properties.append(models.DynamicConfigValue(id_val="links", value=[link]))
    return properties


def _of_column(column: Column) -> list[models.DynamicConfigValue]:
    properties = [models.DynamicConfigValue(id_val="unit", value=column.unit)]
    if column.decimals is not None:
        properties.append(models.DynamicConfigValue(id_val="decimals", value=column.decimals))
    if column.words:
        properties.append(models.DynamicConfigValue(id_val="mappings", value=mapped(column.words)))
    if column.limit:
        properties.append(thresholds_of(_quiet(column.limit)))
    if column.limit or column.words:
        properties.append(_coloured())
    return properties


def _quiet(limit: Limit) -> list[tuple[float | None, str]]:
    """In a table only what is bad has a colour: a screen of green says nothing."""
    return [(value, "text" if color == "green" else color) for value, color in limit.steps]


def _coloured() -> models.DynamicConfigValue:
    return models.DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"})
