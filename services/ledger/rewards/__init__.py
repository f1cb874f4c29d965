"""Rewards of tips (举报奖励): decided once a tip, by the hazard's grade; a second claim of the same person is flagged.

Whether two reporters are one person only the vault can say, by its blind index: no identity comes here. Money is paid
elsewhere; the record says that it was. Feature row: SY35.
"""
