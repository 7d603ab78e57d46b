import DeliveryWire
import Testing

/// The queries as destinations get them. Whoever changes one tries it at its destination first: here it is only held fast.
@Suite struct CompletenessQueryTests {
    private static let golden: [(CompletenessQuery, source: String, text: String)] = [
        (
            .splunk, "audit",
            #"""
            search index="audit" ledger="ledger.example/acme" (ledgerIndex=* OR (eventType=DELIVERY_MANIFEST lane="siem"))
            | dedup recordId
            | eval delivered=if(isnull(ledgerIndex), 0, 1)
            | eval pair=if(delivered=1, "[".ledgerIndex.",".ledgerIndex."]", json_array_to_mv(json_extract(_raw, "expected")))
            | fields delivered pair
            | mvexpand pair limit=0
            | eval first=tonumber(json_extract(pair, "{0}")), last=tonumber(json_extract(pair, "{1}"))
            | eval entry=mvrange(first, last + 1)
            | mvexpand entry limit=0
            | stats max(delivered) as delivered by entry
            | where delivered=0
            | eval missingIndex=tonumber(entry)
            | sort 0 missingIndex
            | fields missingIndex
            """#
        ),
        (
            .datadog, "",
            #"""
            # 1. What must be there: sum of @muniment.count over
            source:muniment @eventType:DELIVERY_MANIFEST @ledger:"ledger.example/acme" @lane:"siem"
            # 2. What is there: count of unique @recordId over
            source:muniment @ledger:"ledger.example/acme" @ledgerIndex:*
            # When they differ, replace @ledgerIndex:* by @ledgerIndex:[FIRST TO LAST] for one manifest's first and last after another.
            """#
        ),
        (
            .postgreSQL, "audit.events",
            """
            SELECT entry AS missing_index
            FROM "audit"."events" AS manifest
            CROSS JOIN LATERAL jsonb_array_elements(manifest.payload -> 'expected') AS pair
            CROSS JOIN LATERAL generate_series((pair ->> 0)::bigint, (pair ->> 1)::bigint) AS entry
            WHERE manifest.event_type = 'DELIVERY_MANIFEST'
              AND manifest.ledger = 'ledger.example/acme'
              AND manifest.payload ->> 'lane' = 'siem'
              AND NOT EXISTS (
                SELECT 1 FROM "audit"."events" AS delivered
                WHERE delivered.ledger = manifest.ledger AND delivered.entry_index = entry
              )
            GROUP BY entry
            ORDER BY entry
            """
        ),
        (
            .kusto, "Muniment_CL",
            """
            let delivered = Muniment_CL
                | where tostring(Event.ledger) == "ledger.example/acme" and isnotnull(Event.index)
                | distinct entry = tolong(Event.index);
            Muniment_CL
            | where tostring(Event.eventType) == "DELIVERY_MANIFEST"
            | where tostring(Event.ledger) == "ledger.example/acme" and tostring(Event.lane) == "siem"
            | mv-expand pair = Event.expected
            | mv-expand entry = range(tolong(pair[0]), tolong(pair[1]), 1) to typeof(long) limit 2147483647
            | distinct entry
            | join kind=leftanti delivered on entry
            | order by entry asc
            | project missingIndex = entry
            """
        ),
    ]

    @Test(arguments: CompletenessQuery.allCases) func textIsAsItWasTried(query: CompletenessQuery) throws {
        let (_, source, text) = try #require(Self.golden.first { $0.0 == query })
        #expect(query.text(ledger: "ledger.example/acme", lane: "siem", source: source) == text)
    }
}
