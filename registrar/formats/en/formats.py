"""Dates and times in English: short, the month in letters, so that no two places read them differently."""

DATE_FORMAT = "j M Y"
MONTH_DAY_FORMAT = "j M"
DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATETIME_FORMAT = "j M Y, H:i T"  # With the zone, for where no title names it.
