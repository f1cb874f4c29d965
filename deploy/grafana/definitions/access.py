"""Who comes in and what they are refused: a part of the dashboard 流水线健康."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.definitions.names import Names
from deploy.grafana.definitions.panels import Query, Text, lines


def access(board: Dashboard, _names: Names) -> None:
    """Add the panels of the access policy and of sign-in."""
    board.with_panel(
        lines(
            Text("越权查看被拒", "每小时请求管辖范围之外内容的次数，按服务分；持续偏高可能是账号在试探。", "short"),
            [
                Query(
                    'sum by (service) (increase(duban_access_refusals_total{reason="outside-scope"}[1h]))',
                    "{{service}}",
                )
            ],
        )
    )
    board.with_panel(
        lines(
            Text("登录令牌", "每小时核验的登录令牌，按结果分；accepted 之外的是被拒绝的原因。", "short"),
            [Query("sum by (outcome) (increase(duban_sign_in_tokens_total[1h]))", "{{outcome}}")],
        )
    )
