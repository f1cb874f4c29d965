"""Loading (导入): tables of duties as files or JSON become plans, campaigns and duties, or are refused with every fault.

It reads the printed forms: the 九个一 table (JSON, or a workbook in the printed layout), lists of recurring duties, and
three-year campaigns. Units are matched by alias; what is unknown is said and never guessed. It owns no rows. Feature
rows: SY01, SY04.
"""
