"""企业四级自查 (集团公司季查, 厂矿月查, 车间周查, 班组日查): plants with their workshops and teams, what they checked, and gaps.

Each level owes its own checks by the calendar. A gap of one level is a gap of that level alone: it stands in the plant's
sheet of the week, the month or the quarter, and keeps no other level from being done. Feature row: SY15.
"""
