import json
import random
import unittest

from pole.codec import json_fields


class Fields(unittest.TestCase):
    def test_tokens_stay_as_written(self):
        text = '{"id":"a-1","value":39.904211,"expires":null,"on":true,"off":false,"n":-0.5e+3}'
        self.assertEqual(
            json_fields.parse(text),
            {
                "id": '"a-1"',
                "value": "39.904211",
                "expires": "null",
                "on": "true",
                "off": "false",
                "n": "-0.5e+3",
            },
        )

    def test_space(self):
        self.assertEqual(json_fields.parse(' {\n\t"a" : 1 ,\r "b":"x" } '), {"a": "1", "b": '"x"'})
        self.assertEqual(json_fields.parse("{}"), {})
        self.assertEqual(json_fields.parse("{ }"), {})

    def test_strings(self):
        fields = json_fields.parse('{"a":"\\u4e2d\\n\\"","b":"中文"}')
        self.assertEqual(fields["a"], '"\\u4e2d\\n\\""')
        self.assertEqual(json_fields.plain(fields["b"]), "中文")
        self.assertEqual(json_fields.plain("12"), "12")
        self.assertRaises(ValueError, json_fields.plain, fields["a"])

    def test_refused(self):
        for text in (
            "", "1", "[]", "null", '"a"', "{", "}", "{,}", '{"a"}', '{"a":}', '{"a":1', '{"a":1,}', '{"a":1}x', "{a:1}",
            '{"a":1 "b":2}', '{"a":{}}', '{"a":[]}', '{"a":1,"a":2}', '{"a":"', '{"a":"\\x"}', '{"a":"\\u12g4"}',
            '{"a":"\\u12', '{"a":"\\', '{"a":"\n"}', '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}', '{"a":1e}',
            '{"a":1-2}', '{"a":-}', '{"a":NaN}', '{"a":tru}', '{"a":1}}', '{"a\\u0062":1}', '{"a":"\\u1_23"}',
        ):  # fmt: skip
            with self.subTest(text=text):
                self.assertRaises(ValueError, json_fields.parse, text)

    def test_what_it_takes_is_json(self):
        random.seed(8259)
        valid, taken = '{"id":"x\\u00e9","value":-12.5e3,"t":true , "u":null}', 0
        for _ in range(3000):
            text = list(valid)
            for _ in range(1 + random.getrandbits(1)):
                text[random.getrandbits(8) % len(text)] = chr(32 + random.getrandbits(7) % 95)
            text = "".join(text)[: 20 + random.getrandbits(6)]
            try:
                fields = json_fields.parse(text)
            except ValueError:
                continue
            taken += 1
            self.assertEqual(len(json.loads(text)), len(fields), text)
        self.assertTrue(taken > 100, taken)


if __name__ == "__main__":
    unittest.main()
