extension OpenAPIDocument {
    /// Questions to the audit trail.
    static let trailOperations: [Operation] =
        [
            Operation(
                .accesses,
                "listAccesses",
                "Who saw this customer? What did this agent see? What was seen on this call?",
                description:
                    "At least one of customerId, agentId and interactionId is needed; of several, all must hold. Newest first. A plus sign in the query stands for itself, not for a space.",
                parameters: [
                    #"""
                    {
                      "name": "customerId", "in": "query",
                      "description": "The customer's id as in the system of record. It becomes a token before it is looked for; only the token is recorded.",
                      "schema": {"$ref": "#/components/schemas/CustomerId"}, "example": "C-1001"
                    }
                    """#,
                    ##"{"name": "agentId", "in": "query", "schema": {"$ref": "#/components/schemas/PlatformId"}}"##,
                    ##"{"name": "interactionId", "in": "query", "schema": {"$ref": "#/components/schemas/PlatformId"}}"##,
                    #"""
                    {
                      "name": "on", "in": "query", "description": "A whole day in UTC; instead of from and to.",
                      "schema": {"type": "string", "format": "date"}, "example": "2026-01-02"
                    }
                    """#, parameter("from"), parameter("to"),
                    #"""
                    {
                      "name": "includeRefused", "in": "query",
                      "description": "Whether reads that released nothing are wanted too.",
                      "schema": {"type": "boolean", "default": false}
                    }
                    """#, parameter("proofs"), parameter("limit"), parameter("cursor"), parameter("reason"),
                ],
                answers: [.ok("A page of accesses.", ref("AccessPage"))]
            ),
            Operation(
                .events,
                "listEvents",
                "Events of one kind, newest first.",
                parameters: [
                    #"""
                    {
                      "name": "eventType", "in": "query", "required": true,
                      "schema": {"$ref": "#/components/schemas/EventType"}, "example": "API_CLIENT_CREATED"
                    }
                    """#, parameter("from"), parameter("to"), parameter("proofs"), parameter("limit"),
                    parameter("cursor"), parameter("reason"),
                ],
                answers: [.ok("A page of events.", ref("EventPage"))]
            ),
            Operation(
                .event,
                "getEvent",
                "One event, by its place in the ledger.",
                parameters: [parameter("index"), parameter("proofs"), parameter("reason")],
                answers: [.ok("The event.", ref("FoundEvent"))],
                problems: [404]
            ),
            Operation(
                .tokens,
                "lookUpToken",
                "The token under which a customer stands in the ledger. The id is sent in the body, where no proxy logs it.",
                body: .required(
                    #"""
                    {
                      "type": "object", "required": ["customerId"], "additionalProperties": false,
                      "properties": {
                        "customerId": {"$ref": "#/components/schemas/CustomerId"},
                        "reason": {"$ref": "#/components/schemas/Reason"}
                      }
                    }
                    """#,
                    example: #"{"customerId": "C-1001", "reason": "complaint 77"}"#
                ),
                answers: [
                    .ok(
                        "The token.",
                        only(
                            "token",
                            #"{"type": "string", "pattern": "^(subject|hmac-sha256:[0-9]+:customer):[0-9a-f]{64}$"}"#
                        )
                    )
                ]
            ),
        ]
}
