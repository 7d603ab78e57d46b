extension EventCatalogue {
    private static let whoAndWhat = [
        "agentId", "interactionId", "customerId", "channelType", "queueId", "binding", "bindingReason", "route",
        "purpose",
        "clientId", "justification", "outcome", "policyHash", "policyVersion", "matchedRules", "latencyMicroseconds",
    ]
    private static let accessed =
        whoAndWhat + [
            "dataFieldsViewed", "dataFieldsMasked", "dataFieldsWithheld", "fieldsRevealed", "unknownFieldsDropped",
            "commitments",
            "containment", "enforced", "wouldRefuse", "wouldWithhold", "overVelocityLimit", "releasedBytes", "upstream",
            "upstreamMicroseconds",
            "upstreamRegion", "neighbourOfPrevious",
        ]

    /// The steps of a containment case, all of which may carry what belongs to the step.
    private static let contained = Dictionary(
        uniqueKeysWithValues: ContainmentEvent.Kind.allCases.map {
            (
                $0.rawValue,
                [
                    "containmentId", "number", "actor", "step", "targetId", "reason", "alerts", "warnings", "undoAt",
                    "approvalsNeeded", "expiresAt", "waitsForCallEnd", "priorState", "evidence", "problem", "attempts",
                    "retryAt", "call", "until", "begun",
                ]
            )
        }
    )

    /// The events of docs/events.md, the platform's facts, and what the engine derives from both; see docs/detection.md.
    public static let standard = EventCatalogue(fieldsByType: [
        "CUSTOMER_DATA_ACCESSED": accessed,
        "CUSTOMER_DATA_ACCESS_REFUSED": whoAndWhat + ["reason", "neighbourOfPrevious"],
        "DISCLOSURE_CORRECTED": whoAndWhat + ["correctedEventId", "bytesSentAtLeast"],
        "BINDING_CORRECTED": whoAndWhat + ["correctedEventId", "previousBinding"],
        "LEDGER_CREATED": ["origin", "vkey", "actor", "version"],
        "SERVER_STARTED": ["configurationHash", "previousStop", "processId", "treeSize", "version"],
        "SERVER_STOPPED": ["processId"],
        "CONFIGURATION_CHANGED": ["configurationHash", "previousConfigurationHash", "policyHash", "policyVersion"],
        "API_CLIENT_CREATED": ["actor", "clientId", "scopes", "addresses", "expiresAt"],
        "API_CLIENT_ROTATED": ["actor", "clientId", "oldSecretsUntil"],
        "API_CLIENT_REVOKED": ["actor", "clientId", "reason"],
        "AUDIT_TRAIL_READ": [
            "actor", "channel", "question", "results", "reason", "customerId", "agentId", "interactionId", "recipient",
            "status", "alertId", "containmentId", "sink",
        ],
        "REDACTION_REVERSED": ["actor", "dataType", "scope", "reason", "token", "customerId"],
        "REDACTION_TOKENS_DESTROYED": ["actor", "scope", "reason", "tokens"],
        "AUTHENTICATION_FAILED": ["reason", "remoteAddress", "attempts"],
        "SPOOL_REPLAYED": ["records", "firstIndex", "lastIndex", "unreadableBytes"],
        "BACKUP_CREATED": ["actor", "treeSize", "rootHash"],
        "LEDGER_RESTORE_ACCEPTED": ["actor", "reason", "anchorCheckpoint", "restoredTreeSize"],
        "LEDGER_VERIFICATION_FAILED": ["reason", "treeSize", "check"],
        "SINK_STOPPED": ["sink", "reason"],
        "SINK_PAUSED": ["sink", "actor", "reason"],
        "SINK_RESUMED": ["sink", "actor"],
        "SINK_DELAYED": ["sink", "seconds", "oldestUndelivered", "entryIndex", "lastConfirmed", "reason"],
        "SINK_RECOVERED": ["sink", "delayedAt", "seconds"],
        "DEAD_LETTER_RECORDED": ["sink", "entryIndex", "count", "reason"],
        "PLATFORM_AUDIT_RECORDED": [
            "auditId", "auditKind", "serviceName", "entityType", "entityId", "action", "status", "level", "userId",
            "userHomeOrganizationId", "clientId",
            "remoteIp",
            "application", "conversationId", "changedProperties", "newValues", "shortened", "destination", "records",
        ],
        "PLATFORM_FEED_ADVANCED": ["feed", "through"],
        "PLATFORM_EXECUTIONS_COUNTED": ["actionId", "actionName", "route", "from", "to", "executions"],
        "RELATIONSHIP_RECORDED": [
            "relationshipId", "provider", "agentId", "customerId", "interactionId", "queueId", "from", "to", "mode",
            "objectId",
            "source", "fetchedAt", "reason", "reportedBy",
        ],
        "SCHEDULE_RECORDED": ["agentId", "from", "to", "shifts"],
        "AGENT_RECORDED": ["agentId", "peerGroup", "queueIds"],
        "CUSTOMERS_LINKED": ["customerId", "sameAs"],
        "CUSTOMERS_UNLINKED": ["customerId"],
        "DETECTION_HEARTBEAT": [],
        "HONEY_CUSTOMER_PLANTED": ["honeyId", "actor", "channel", "reason", "epoch", "codes"],
        "HONEY_CUSTOMER_REMOVED": ["honeyId", "actor", "channel", "reason"],
        "HONEY_CUSTOMERS_LISTED": ["actor", "channel", "results", "reason"],
        "CONTAINMENT_NOTICE_GIVEN": ["containmentId", "actor", "step", "targetId", "reason", "findings"],
        "CONTAINMENT_HELD_BACK": ["containmentId", "actor", "step", "targetId", "alerts", "reason"],
        "IDENTITY_LINKED": [
            "customerId", "actor", "reason", "created", "linkedKinds", "returnedKinds", "source", "assurance",
            "decidedBy", "conflicts", "normaliserVersion",
        ],
        "IDENTITY_LOADED": [
            "actor", "source", "records", "identifiers", "created", "linked", "merged", "conflicts", "suppressed",
            "normaliserVersion",
        ],
        "IDENTITY_MERGED": ["customerId", "actor", "reason", "absorbed", "mergeId", "decidedBy", "touchedEvents"],
        "IDENTITY_UNMERGED": ["customerId", "actor", "reason", "freed", "mergeId", "keptApart", "touchedEvents"],

        // Derived by the engine from the above; never in the ledger.
        "ACCESS_JUDGED": accessed + [
            "verdict", "provider", "missingFacts", "secondsSinceInteractionEnd", "nearestExplanation", "shift",
        ],
        "ACTIVITY_MEASURED": [
            "agentId", "peerGroup", "customersToday", "customersThisHour", "ownDays", "ownMedian", "ownScore",
            "hourMedian",
            "hourScore", "peerAgentDays", "peerMedian", "peerScore", "customerId", "interactionId",
        ],
        "READ_RHYTHM_MEASURED": [
            "agentId", "reads", "customers", "notFound", "meanSeconds", "variation", "customerId", "interactionId",
        ],
        "READS_RECONCILED": [
            "route", "actionId", "actionName", "from", "to", "executions", "auditedReads", "missingReads",
            "surplusReads",
        ],
        "HONEY_CUSTOMER_READ": [
            "honeyId", "agentId", "customerId", "interactionId", "queueId", "binding", "route", "purpose", "outcome",
            "clientId",
        ],
        "SECOND_READ_MISSING": ["agentId", "previousAgentId", "interactionId", "route", "connectedAt"],
        "PLATFORM_ACT_LOCATED": [
            "userId", "clientId", "network", "isNew", "knownNetworks", "remoteIp", "serviceName", "entityType",
            "action",
        ],
        "FEED_SILENT": ["feed", "silentSeconds", "lastHeard"],
    ]).adding(contained)
}
