"""Every published number is defined, in both languages, with its source."""

from __future__ import annotations

import re

from app.metrics.definitions import DEFINITIONS, definition_of
from app.metrics.formula_words import formula_vi, window_vi
from app.metrics.schemas import DerivedFigures, MinuteFigures, OutsideFigures, Totals

NOT_METRICS = {"minute_at", "source", "observed_at"}


def test_every_published_field_has_a_definition() -> None:
    published = {name for body in (Totals, DerivedFigures, MinuteFigures, OutsideFigures) for name in body.model_fields} - NOT_METRICS

    assert published <= {definition.name for definition in DEFINITIONS}


def test_names_are_unique_and_texts_complete() -> None:
    assert len({definition.name for definition in DEFINITIONS}) == len(DEFINITIONS)
    for definition in DEFINITIONS:
        assert all(
            (
                definition.label_vi,
                definition.label_en,
                definition.formula,
                definition.window,
                definition.definition_vi,
                definition.definition_en,
            )
        )


def test_formulas_are_in_words_that_a_vietnamese_reader_knows() -> None:
    """Figures stand by their labels, everything else is Vietnamese; no name of a field is left."""
    labels = {f"“{definition.label_vi}”" for definition in DEFINITIONS}
    for definition in DEFINITIONS:
        formula = formula_vi(definition)
        for label in labels:
            formula = formula.replace(label, "")
        assert not re.search(r"[a-z]_[a-z]|\b(count|sum|max|min|of|ledger|entries|over)\b", formula), formula
        assert window_vi(definition) not in ("", definition.window)
    share = formula_vi(definition_of("commenters_per_unique_viewer_percent"))
    assert share == "“Người bình luận” / “Người xem không trùng” \N{MULTIPLICATION SIGN} 100"


def test_rates_carry_their_denominator_in_the_name() -> None:
    rates = [definition for definition in DEFINITIONS if definition.unit in {"percent", "vnd_per_1000_views"}]

    assert len(rates) >= 4
    assert all("_per_" in definition.name for definition in rates)


def test_outside_counts_are_the_imported_ones() -> None:
    assert {definition.name for definition in DEFINITIONS if definition.source == "imported"} == {"outside_viewers", "outside_viewers_peak"}


def test_the_estimate_says_its_error() -> None:
    assert "0.81 %" in definition_of("unique_viewers").definition_en
    assert "0,81 %" in definition_of("unique_viewers").definition_vi
