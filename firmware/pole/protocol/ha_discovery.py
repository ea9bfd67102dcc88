"""Introduces a pole to Home Assistant: one retained configuration for each point. Loaded for that and dropped behind it.

Source: Home Assistant's documentation, "MQTT" (discovery, abbreviations) and "Sensor entity" (device classes with the
units and state classes that each allows). A unit that a class does not allow gets none: the entity is shown all the same.
"""

import json

# UCUM -> as Home Assistant writes it; what is not here it writes alike
_UNITS = {
    "1": "", "[pH]": "", "Cel": "°C", "ug/m3": "µg/m³", "mg/m3": "mg/m³", "kW.h": "kWh", "kvar.h": "kvarh", "V.A": "VA",
    "deg": "°", "[ppm]": "ppm", "W/m2": "W/m²", "uS/cm": "μS/cm", "By": "B", "m3": "m³", "m3/s": "m³/s", "m/s2": "m/s²",
    "uW/cm2": "µW/cm²", "uT": "µT", "uSv": "µSv", "ug/L": "µg/L", "um/m": "µm/m",
}  # fmt: skip
# The end of a name and its unit, or the unit alone -> a device class
_CLASSES = {
    "pm1_0 ug/m3": "pm1", "pm2_5 ug/m3": "pm25", "pm10 ug/m3": "pm10", "no2 ug/m3": "nitrogen_dioxide",
    "o3 ug/m3": "ozone", "so2 ug/m3": "sulphur_dioxide", "no ug/m3": "nitrogen_monoxide", "co2 [ppm]": "carbon_dioxide",
    "humidity %": "humidity", "moisture %": "moisture", "speed m/s": "speed", "direction deg": "wind_direction",
    "Cel": "temperature", "hPa": "pressure", "kPa": "pressure", "V": "voltage", "mV": "voltage", "A": "current",
    "mA": "current", "W": "power", "kW.h": "energy", "V.A": "apparent_power", "var": "reactive_power", "Hz": "frequency",
    "lx": "illuminance", "dBm": "signal_strength", "W/m2": "irradiance", "s": "duration", "h": "duration",
    "ms": "duration", "km/h": "speed", "mm/h": "precipitation_intensity", "kg": "weight", "By": "data_size",
    "kbit/s": "data_rate", "m": "distance", "cm": "distance", "km": "distance", "uS/cm": "conductivity", "[pH]": "ph",
}  # fmt: skip
_BOOL, _F32, _ENUM = 0, 5, 6


class Introduction:
    """`next()` is a whole PUBLISH, retained, QoS 0: a broker that misses one hears all again at the next connection."""

    def __init__(self, points, pole, options):
        self._points = points
        self._pole = pole
        self._prefix = options["discovery"]
        self._level = options["version"]
        self._dated = not options["clean"]
        self._i = 0

    def next(self):
        """The configuration of the next point, b"" when all are said."""
        i, store = self._i, self._points.store
        if i == store.n:
            return b""
        self._i += 1
        kind = component(store, i)
        node = self._pole.id
        where = store.name(i).replace(".", "_")
        topic = "%s/%s/%s/%s/config" % (self._prefix, kind, node, where)
        return publish(topic.encode(), json.dumps(self.config(i, kind)).encode(), self._level == 5)

    def config(self, i, kind):
        store, info = self._points.store, self._pole.info
        name = store.name(i)
        said = {
            "~": self._points.base.decode()[:-1],
            "name": name.replace(".", " "),
            "uniq_id": "%s-%d" % (self._pole.id, store.table.ids[i]),
            "stat_t": "~/" + name.replace(".", "/"),
            "val_tpl": "{{value_json.value}}",
            "avty_t": "~/status",
            "avty_tpl": "{{'online' if value_json.online else 'offline'}}",
            "dev": {
                "ids": [self._pole.id], "name": self._pole.id, "mdl": info.get("board", ""), "sw": info.get("version", "")
            },
        }  # fmt: skip
        if store.kind(i) == _BOOL:
            said["pl_on"], said["pl_off"] = "True", "False"
        else:
            self._measured(said, i, kind)
        if store.writable(i):
            self._commanded(said, i)
        if name.startswith("node."):
            said["ent_cat"] = "config" if store.writable(i) else "diagnostic"
        return said

    def _measured(self, said, i, kind):
        store = self._points.store
        unit, name = store.unit(i), store.name(i)
        shown = _UNITS.get(unit, unit)
        if shown:
            said["unit_of_meas"] = shown
        last = name.split(".")[-1].split("_")[-1] + " " + unit
        found = _CLASSES.get(name.split(".")[-1] + " " + unit) or _CLASSES.get(last) or _CLASSES.get(unit)
        if found == "speed" and name.startswith(("wind", "weather")):
            found = "wind_speed"
        if found and (kind == "sensor" or found != "wind_direction"):
            said["dev_cla"] = found
        if kind == "sensor" and store.kind(i) != _ENUM and found != "wind_direction":
            said["stat_cla"] = "total_increasing" if found == "energy" else "measurement"

    def _commanded(self, said, i):
        store = self._points.store
        ident = '{"id":"ha{{now().timestamp()}}","value":{{value%s}}' % (
            "|lower" if store.kind(i) == _BOOL else ""
        )
        if self._dated:  # what may wait at the broker must say until when it is wanted
            ident += ',"expires":{{(now().timestamp()+60)|int}}'
        said["cmd_t"], said["cmd_tpl"] = "~/" + store.name(i).replace(".", "/") + "/set", ident + "}"
        if store.kind(i) != _BOOL:
            scale = 10 ** store.decimals(i) if store.decimals(i) > 0 and store.kind(i) != _F32 else 1
            said["min"], said["max"], said["mode"] = store.low(i) / scale, store.high(i) / scale, "box"
            said["step"] = 1 / scale if store.kind(i) != _F32 else 0.001


def component(store, i):
    """What it is at Home Assistant."""
    if store.kind(i) == _BOOL:
        return "switch" if store.writable(i) else "binary_sensor"
    return "number" if store.writable(i) else "sensor"


def publish(topic, payload, five):
    """PUBLISH, QoS 0, retained (MQTT 3.1.1 and 5.0, 3.3)."""
    n = 2 + len(topic) + five + len(payload)
    head = bytes((0x31, n) if n < 128 else (0x31, n & 127 | 128, n >> 7))
    return head + bytes((len(topic) >> 8, len(topic) & 255)) + topic + (b"\x00" if five else b"") + payload
