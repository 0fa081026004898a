"""Dates and times in German, as those in English."""

DATE_FORMAT = "j. M Y"
MONTH_DAY_FORMAT = "j. M"
DATETIME_FORMAT = "j. M Y, H:i"
SHORT_DATETIME_FORMAT = "j. M Y, H:i T"
