extension OpenAPIDocument {
    /// Planted customers.
    static let honeyOperations: [Operation] =
        [
            Operation(
                .honeyCustomers,
                "listHoneyCustomers",
                "The planted customers, the oldest first, by what they are called: who they are stands nowhere. Asking is recorded.",
                parameters: [parameter("reason")],
                answers: [.ok("Those who are planted.", only("honeyCustomers", list(ref("HoneyCustomer"))))]
            ),
            Operation(
                .plantHoneyCustomer,
                "plantHoneyCustomer",
                "Plants a customer: from then on each read, or attempt at one, raises an alert at once (rule D-30).",
                description:
                    "The number goes nowhere: the record has codes of it under a key of its own. One who is planted already stays as they are.",
                body: .required(
                    object(
                        ["customerId", "reason"],
                        [("customerId", ref("CustomerId")), ("reason", decisionReason)]
                    ),
                    example: #"{"customerId": "C-900001", "reason": "planted in the CRM on Monday"}"#
                ),
                answers: [.ok("The planted customer.", ref("HoneyCustomer"))]
            ),
            Operation(
                .removeHoneyCustomer,
                "removeHoneyCustomer",
                "Watches a planted customer no longer.",
                body: .required(
                    object(
                        ["honeyId", "reason"],
                        [
                            ("honeyId", #"{"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}"#),
                            ("reason", decisionReason),
                        ]
                    ),
                    example: #"{"honeyId": "honey-1", "reason": "taken out of the CRM"}"#
                ),
                answers: [.ok("Who it was.", ref("HoneyCustomer"))],
                problems: [404]
            ),
        ]

    static let honeySchemas = #"""
        "HoneyCustomer": {
          "type": "object", "required": ["honeyId", "plantedAt", "actor", "reason", "watched"], "additionalProperties": false,
          "properties": {
            "honeyId": {"type": "string", "description": "What the planted customer is called."},
            "plantedAt": {"type": "string", "format": "date-time"},
            "actor": {"type": "string"},
            "reason": {"type": "string"},
            "watched": {
              "type": "boolean",
              "description": "False when the key is gone under which reads would be noticed: plant it anew."
            }
          }
        },
        """#
}
