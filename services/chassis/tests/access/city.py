"""A city of two counties and a park, with townships."""

from __future__ import annotations

from duban_contracts.profile import City, Level, Region

CITY = City(
    code="140500",
    name="晋城市",
    timezone="Asia/Shanghai",
    regions=(
        Region(code="140500", name="晋城市", level=Level.CITY),
        Region(code="140502", name="城区", level=Level.COUNTY),
        Region(code="140521", name="沁水县", level=Level.COUNTY),
        Region(code="140571", name="开发区", level=Level.PARK),
        Region(code="140502001", name="东街街道", level=Level.TOWNSHIP, parent="140502"),
        # A park is cut out of its neighbours: its township's digits are those of another county.
        Region(code="140521100", name="金匠街道", level=Level.TOWNSHIP, parent="140571"),
    ),
)
