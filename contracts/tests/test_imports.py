from __future__ import annotations

from graphlib import TopologicalSorter

import grimp


def test_no_module_of_the_contract_imports_in_a_circle() -> None:
    graph = grimp.build_graph("duban_contracts")
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    # The package imports whatever stands in it, which no reader of imports sees.
    imports["duban_contracts.events"] = graph.find_children("duban_contracts.events")
    order = list(TopologicalSorter(imports).static_order())
    assert order.index("duban_contracts.catalogue") < order.index("duban_contracts.events.hazards")
    assert order.index("duban_contracts.events.hazards") < order.index("duban_contracts.codec")


def test_tests_tools_and_generators_are_imported_by_no_rule() -> None:
    """What a service runs on needs neither stories nor generators."""
    graph = grimp.build_graph("duban_contracts")
    helpers = [f"duban_contracts.{helper}" for helper in ("testing", "generate", "conformance", "verify")]
    # What a county checks its copy with reads captures as the kit does.
    allowed = {"duban_contracts.verify.copy", "duban_contracts.__main__"}
    for helper in helpers:
        outside = {
            importer
            for module in graph.find_descendants(helper)
            for importer in graph.find_modules_that_directly_import(module)
            if not importer.startswith(helper) and importer not in allowed
        }
        assert outside == set()
