"""Which test holds which testable statement (tck-id) of the Sparkplug specification 3.0.0: those an edge node without
devices, templates and data sets can break. Left out is what binds hosts, devices and servers, or whoever names the nodes.
"""

_BY_TESTS = {
    "test_life_of_a_node": """
        intro-group-id-string intro-edge-node-id-string principles-birth-certificates-order topic-structure
        topic-structure-namespace-a topics-nbirth-topic topics-nbirth-mqtt topics-nbirth-seq-num topics-nbirth-timestamp
        topics-nbirth-metrics topics-nbirth-bdseq-included topics-nbirth-rebirth-metric topics-ndata-topic topics-ndata-mqtt
        topics-ndata-seq-num topics-ndeath-topic topics-ndeath-payload topics-ndeath-seq
        message-flow-edge-node-birth-publish-nbirth-topic message-flow-edge-node-birth-publish-nbirth-payload
        message-flow-edge-node-birth-publish-nbirth-qos message-flow-edge-node-birth-publish-nbirth-retained
        message-flow-edge-node-birth-publish-nbirth-payload-seq operational-behavior-data-commands-rebirth-name
        operational-behavior-data-commands-rebirth-name-aliases operational-behavior-data-commands-rebirth-datatype
        operational-behavior-data-commands-rebirth-value operational-behavior-data-publish-nbirth-order
        payloads-sequence-num-always-included payloads-sequence-num-req-nbirth payloads-alias-data-cmd-requirement
        payloads-metric-datatype-not-req payloads-nbirth-seq payloads-nbirth-qos payloads-nbirth-retain payloads-ndata-qos
        payloads-ndata-retain payloads-ndata-seq payloads-ndata-seq-inc payloads-ndeath-seq payloads-nbirth-rebirth-req
        payloads-metric-propertyvalue-type-type payloads-metric-propertyvalue-type-value""",
    "test_will_and_birth_belong_together": """
        principles-persistence-clean-session-311 topics-nbirth-bdseq-matching topics-nbirth-bdseq-increment
        message-flow-edge-node-ncmd-subscribe message-flow-edge-node-birth-publish-connect
        message-flow-edge-node-birth-publish-will-message message-flow-edge-node-birth-publish-will-message-topic
        message-flow-edge-node-birth-publish-will-message-payload message-flow-edge-node-birth-publish-will-message-qos
        message-flow-edge-node-birth-publish-will-message-will-retained
        message-flow-edge-node-birth-publish-nbirth-payload-bdSeq payloads-nbirth-bdseq payloads-nbirth-bdseq-repeat
        payloads-ndeath-will-message payloads-ndeath-will-message-qos payloads-ndeath-will-message-retain
        payloads-ndeath-bdseq""",
    "test_bdseq_wraps": "message-flow-edge-node-birth-publish-will-message-payload-bdSeq",
    "test_all_metrics": """
        topics-nbirth-metric-reqs operational-behavior-data-publish-nbirth operational-behavior-data-publish-nbirth-values
        payloads-name-requirement payloads-alias-birth-requirement payloads-alias-uniqueness
        payloads-name-birth-data-requirement payloads-metric-datatype-value-type payloads-metric-datatype-value
        payloads-metric-datatype-req payloads-metric-propertyvalue-type-req payloads-nbirth-timestamp""",
    "test_what_changed_by_alias": """
        topics-ndata-timestamp topics-ndata-payload operational-behavior-data-publish-nbirth-change payloads-ndata-timestamp""",
    "test_quality": "payloads-propertyset-quality-value-type payloads-propertyset-quality-value-value",
    "test_numbers_wrap": "payloads-sequence-num-incrementing",
    "test_milliseconds_since_1970": "payloads-timestamp-in-UTC payloads-metric-timestamp-in-UTC",
    "test_a_socket_that_takes_little": "payloads-ndata-order",
    "test_rebirth": """
        operational-behavior-data-commands-rebirth-action-1 operational-behavior-data-commands-rebirth-action-2
        operational-behavior-data-commands-rebirth-action-3""",
    "test_no_birth_before_the_host test_primary_host": """
        message-flow-edge-node-birth-publish-phid-wait message-flow-edge-node-birth-publish-phid-wait-id
        message-flow-edge-node-birth-publish-phid-wait-online message-flow-edge-node-birth-publish-phid-wait-timestamp
        operational-behavior-edge-node-birth-sequence-wait""",
    "test_goes_with_the_host test_primary_host test_a_planned_restart test_planned_restart": """
        message-flow-edge-node-birth-publish-phid-offline operational-behavior-edge-node-termination-host-offline
        operational-behavior-edge-node-termination-host-offline-timestamp
        operational-behavior-edge-node-intentional-disconnect-ndeath
        operational-behavior-edge-node-intentional-disconnect-packet payloads-ndeath-will-message-publisher
        payloads-ndeath-will-message-publisher-disconnect-mqtt311""",
}
STATEMENTS = {statement: tests for tests, statements in _BY_TESTS.items() for statement in statements.split()}
