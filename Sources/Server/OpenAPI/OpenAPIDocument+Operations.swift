extension OpenAPIDocument {
    /// Health, metrics and settings.
    static let installationOperations: [Operation] =
        [
            Operation(
                .health,
                "getHealth",
                "Whether the process lives.",
                answers: [.ok("It does.", only("status", #"{"const": "ok"}"#))]
            ),
            Operation(
                .readiness,
                "getReadiness",
                "Whether requests should be sent here: every part, and what each route does for its callers.",
                answers: [
                    .ok("Yes, though a part may be degraded.", ref("Readiness")),
                    .status(503, "No: a part has failed.", ref("Readiness")),
                ]
            ),
            Operation(
                .metrics,
                "getMetrics",
                "Metrics in the Prometheus text exposition format 0.0.4.",
                answers: [.text("The metrics.", #"{"type": "string"}"#)]
            ),
            Operation(
                .description,
                "getDescription",
                "This document.",
                answers: [
                    .ok(
                        "This document.",
                        #"{"type": "object", "required": ["openapi"], "properties": {"openapi": {"const": "3.1.0"}}}"#
                    )
                ]
            ),
            Operation(
                .configuration,
                "getConfiguration",
                "The resolved settings without secrets.",
                answers: [
                    .ok(
                        "The settings, and the hash that names them in the events.",
                        #"""
                        {
                          "type": "object", "required": ["configuration", "hash"], "additionalProperties": false,
                          "properties": {"configuration": {"type": "object"}, "hash": {"type": "string"}}
                        }
                        """#
                    )
                ],
                without: [503]
            ),
            Operation(
                .status,
                "getStatus",
                "How the installation fares, in numbers.",
                answers: [.ok("The status.", ref("Status"))]
            ),
        ]
}
