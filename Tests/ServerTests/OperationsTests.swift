import AccessPolicy
import Credentials
import Gateway
import Hummingbird
import HummingbirdTesting
import JSON
import Ledger
import Synchronization
import Testing
import WallTime

@testable import Server

@Suite struct OperationsTests {
    private func route(_ name: String, failMode: Route.FailMode = .refuse) -> Route {
        Route(
            name: name,
            upstream: "crm",
            request: UpstreamRequest(method: .get, path: "/c/{customerId}"),
            fields: [],
            purposes: ["service"],
            defaultPurpose: "service",
            failMode: failMode
        )
    }

    @Test func theProcessLives() async throws {
        try await Installation().test { client in
            let answer = try await client.get("/healthz")
            #expect(answer.status == .ok)
            #expect(answer.text == #"{"status":"ok"}"#)
            #expect(answer.headers[.contentType] == "application/json")
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(answer.headers[.xContentTypeOptions] == "nosniff")
        }
    }

    @Test func readinessNamesEveryPartAndRoute() async throws {
        let installation = try Installation()
        installation.dataPlane.spool.withLock { $0 = JournalStatus(records: 0, bytes: 0, failure: nil) }
        let control = installation.control(
            routes: [route("profile")],
            checks: [ReadyCheck(name: "platform") { .ok }]
        )
        try await installation.test(.router, control) { client in
            let answer = try await client.get("/readyz")
            #expect(answer.status == .ok)
            let document = try answer.json()
            #expect(document["status"] == "ok")
            let names = document["parts"]?.array?.compactMap { $0["name"]?.string }
            #expect(names == ["ledger", "anchor", "index", "journal", "upstream crm", "platform"])
            #expect(
                document["routes"] == [
                    ["name": "profile", "upstream": "crm", "failMode": "refuse", "state": "serving"]
                ]
            )
        }
    }

    @Test func whatIsDegradedIsSaidAndStillReady() async throws {
        let installation = try Installation()
        installation.dataPlane.open.withLock { $0 = [("crm", true)] }
        installation.dataPlane.spool.withLock { $0 = JournalStatus(records: 4, bytes: 900, failure: nil) }
        try await installation.test(.router, installation.control(routes: [route("profile")])) { client in
            let answer = try await client.get("/readyz")
            #expect(answer.status == .ok)
            let document = try answer.json()
            #expect(document["status"] == "degraded")
            let parts = document["parts"]?.array ?? []
            let degraded = parts.filter { $0["status"] == "degraded" }.compactMap { $0["name"]?.string }
            #expect(degraded == ["journal", "upstream crm"])
            #expect(parts.allSatisfy { ($0["status"] == "ok") == ($0["reason"] == nil) })
            #expect(document["routes"]?[0]?["state"] == "upstream-unavailable")
        }
    }

    @Test func aFailedCheckIsNotReady() async throws {
        let installation = try Installation()
        let control = installation.control(checks: [
            ReadyCheck(name: "platform") { .failed("the token is refused") }
        ])
        try await installation.test(.router, control) { client in
            let answer = try await client.get("/readyz")
            #expect(answer.status == .serviceUnavailable)
            #expect(try answer.json()["status"] == "failed")
            #expect(answer.text.contains("the token is refused"))
        }
    }

    @Test(arguments: [(Route.FailMode.refuse, nil), (.spool, nil), (.spool, "no space left on the device")])
    func aStoreThatDoesNotRecordIsFailedUnlessARouteSpools(failMode: Route.FailMode, full: String?) async throws {
        let installation = try Installation()
        if failMode == .spool {
            installation.dataPlane.spool.withLock { $0 = JournalStatus(records: 0, bytes: 0, failure: full) }
        }
        let goesOn = failMode == .spool && full == nil
        let control = installation.control(routes: [route("profile", failMode: failMode)])
        for table in ["entries", "commit_probe"] {
            try installation.change(
                "CREATE TRIGGER no_\(table) BEFORE INSERT ON \(table) BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
        }
        await #expect(throws: LedgerError.self) { try await installation.recordAccesses(1) }
        try await installation.test(.router, control) { client in
            let metrics = try await client.get("/metrics").text
            #expect(metrics.contains("\nmuniment_ledger_commit_failing 1\n"))
            // The second look comes too early to try again, and must not take silence for recovery.
            for _ in 0..<2 {
                let answer = try await client.get("/readyz")
                let document = try answer.json()
                answer.expect(status: goesOn ? .ok : .serviceUnavailable)
                #expect(document["parts"]?[0]?["name"] == "ledger")
                #expect(document["parts"]?[0]?["status"] == (goesOn ? "degraded" : "failed"))
                #expect(document["routes"]?[0]?["state"] == (goesOn ? "spooling" : "refusing"))
            }
            for table in ["entries", "commit_probe"] { try installation.change("DROP TRIGGER no_\(table)") }
            installation.clock.advance(seconds: 1)
            let answer = try await client.get("/readyz")
            answer.expect(status: .ok)
            #expect(try answer.json()["status"] == (full == nil ? "ok" : "degraded"))
        }
        #expect(installation.ledger.health.commitFailure == nil)
    }

    @Test func metricsTellOfBothPlanesTheLedgerAndTheProcess() async throws {
        let installation = try Installation()
        try await installation.recordAccesses(3)
        try await installation.test { client in
            _ = try await client.get("/nowhere/C-secret")
            let answer = try await client.get("/metrics")
            #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            let lines = answer.text.split(separator: "\n")
            #expect(lines.contains("pretended 1"))
            #expect(lines.contains("muniment_ledger_size 4"))
            #expect(lines.contains("muniment_ledger_appended_total 3"))
            #expect(lines.contains("muniment_ledger_commit_failing 0"))
            #expect(
                lines.contains(
                    #"muniment_control_requests_total{method="GET",route="NotFound",status="404"} 1"#
                )
            )
            #expect(!answer.text.contains("C-secret"))
            for name in ["process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes"] {
                let line = try #require(lines.first { $0.hasPrefix("\(name) ") })
                let value = try #require(Double(line.dropFirst(name.count + 1)))
                #expect(value > (name == "process_start_time_seconds" ? 1_600_000_000 : 0))
            }
        }
    }

    @Test func theConfigurationIsForAdministrators() async throws {
        let installation = try Installation()
        let admin = try await installation.caller(.admin).header
        let auditor = try await installation.caller(.audit).header
        try await installation.test { client in
            let answer = try await client.get("/api/v1/configuration", admin)
            #expect(try answer.json() == ["configuration": ["node": "n1"], "hash": "c0ffee"])
            try await client.get("/api/v1/configuration", auditor).expect(.forbidden, detail: "scope admin")
            try await client.get("/api/v1/configuration").expect(.unauthenticated)
        }
    }

    @Test func theStatusIsForAuditorsAndAdministrators() async throws {
        let installation = try Installation()
        let admin = try await installation.caller(.admin).header
        let auditor = try await installation.caller(.audit).header
        let reader = try await installation.caller(.read(route: "*"), .ledger).header
        try await installation.test { client in
            for header in [admin, auditor] {
                let document = try await client.get("/api/v1/status", header).json()
                #expect(document["ledger"]?["size"] == 4)
                #expect(document["ledger"]?["origin"] == "muniment.example/server")
                #expect(document["dataPlane"]?["connections"] == 3)
                #expect(document["dataPlane"]?["journal"]?.isNull == true)
                #expect(document["startedAt"] == document["now"])
            }
            try await client.get("/api/v1/status", reader).expect(.forbidden)
        }
    }
}
