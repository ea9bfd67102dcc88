"""What an MQTT 5 broker's reason codes mean (OASIS MQTT 5.0, table 2-6). Loaded when one comes."""

_CODES = b"\x00\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9f\xa0"
_WORDS = (
    "the broker said goodbye/refused/malformed packet/protocol error/refused for its own reason/version not supported/"
    "client id not valid/wrong name or password/not authorised/broker unavailable/broker busy/banned/"
    "broker shuts down/wrong authentication/it heard nothing from us/another client has our id/"
    "topic filter not valid/topic not valid/more messages than it takes at once/topic alias not valid/packet too large/"
    "too many messages/quota exceeded/disconnected by its operator/payload format not valid/it cannot retain/"
    "QoS not supported/use another broker/the broker moved/too many connections/connected for too long"
)


def word(code):
    """`0x87 not authorised`."""
    k = _CODES.find(bytes((code,)))
    return "0x%02x %s" % (code, _WORDS.split("/")[k]) if k >= 0 else "0x%02x" % code
