"""A pole file's programmes of a year: feasts, a summer, weekends, lamps off part of the night, and all other nights."""

PROGRAMMES = """\
[[lighting.programme]]
name = "spring festival and the new year"
dates = ["2026-02-16..2026-02-22", "12-31..01-01"]

[[lighting.programme]]
name = "summer"
dates = ["05-01..08-31"]
on = "dusk-10"
off = "sunrise-15"
steps = [["23:00", 60], ["01:00", 30], ["04:30", 70]]

[[lighting.programme]]
name = "weekend"
days = "fri-sat"
on = "sunset+5"
steps = [["00:30", 50], ["05:00", 100]]

[[lighting.programme]]
name = "part of the night"
days = "wed"
on = "16:45"
off = "07:15"
steps = [["00:00", 0], ["05:30", 80]]

[[lighting.programme]]
on = "sunset+10"
off = "sunrise-10"
steps = [["22:00", 50], ["05:00", 100]]
"""
