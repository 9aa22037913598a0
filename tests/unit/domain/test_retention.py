"""Classes of metric types are kept in their own way; the first that names one counts."""

from __future__ import annotations

import pytest

from chalicelib.domain.retention import Retention, read_classes

DEFAULT = Retention(24, 63, 455)


@pytest.mark.parametrize(
    ("metric_type", "kept"),
    [
        ("checkout_time", Retention(168, 455, 1826)),
        ("debug_heap", Retention(2, 63, 455)),
        ("debug_important", Retention(48, 7, 455)),
        ("node.cpu:seconds", Retention(1, 63, 455)),
        ("Checkout_time", DEFAULT),
        ("cpu_usage", DEFAULT),
    ],
)
def test_a_metric_type_is_kept_as_its_first_class_says(metric_type: str, kept: Retention) -> None:
    classes = "checkout_*=168/455/1826, debug_important=48/7, debug_*=2,node.*=1,"
    assert read_classes(classes, DEFAULT).of(metric_type) == kept


def test_without_classes_all_are_kept_alike() -> None:
    assert read_classes("", DEFAULT).of("anything") == DEFAULT
    assert read_classes("", DEFAULT).every() == {DEFAULT}


@pytest.mark.parametrize("text", ["*", "a=b", "a=1/2/3/4", "a b=1", "[a]=1", "a=-1", "=1", "a=1;b=2"])
def test_what_is_no_class_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not like `checkout_"):
        read_classes(text, DEFAULT)
