"""A pole with two sensors: particles on a UART, humidity on RS-485."""

from datetime import date

HEAD = """\
id = "judged-0001"
board = "esp32s3-pole"
[site]
latitude = 31.230416
longitude = 121.473701
timezone = "Asia/Shanghai"
[[peripheral]]
kind = "modbus_sensor"
name = "weather"
bus = "rs485"
map = "xy_md02"
address = 1
[[peripheral]]
kind = "pms5003"
name = "air"
bus = "uart1"
"""
LINE = HEAD.count("\n") + 2  # of the first key of what a test adds
TODAY = date(2026, 11, 22)
