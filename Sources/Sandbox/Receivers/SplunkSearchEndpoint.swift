import JSON
import NIOHTTP1

/// How a search of the pretend Splunk fails.
public enum SplunkSearchFault: Sendable, Hashable {
    /// The answer is cut after this many bytes, though HTTP ends as it should.
    case cut(bytes: Int)
    /// The search says this on its way, with status 200.
    case message(type: String, text: String)
    /// The search is refused with this status.
    case refuse(status: Int)
}

/// The search export of a pretend Splunk: `POST services/search/v2/jobs/export` and version 1, with `output_mode=json`.
///
/// It knows the two searches by which records are read back and refuses all others. It answers as documented: previews first, then
/// the rows, each an object on a line of its own, numbers as texts, the last with `lastrow`; that alone when there are none.
struct SplunkSearchEndpoint {
    let configuration: HECReceiver.Configuration
    let events: [HECReceiver.Event]

    /// What is compared of an event.
    private struct Found {
        let id: String
        let index: UInt64?
        let type: String
        let hash: String
    }

    func respond(to request: Request, failing fault: SplunkSearchFault?) -> Response {
        if request.segments.contains("v2"), !configuration.hasSearchVersion2 { return Self.failure(404, "Not Found") }
        guard request.method == "POST" else { return Self.failure(405, "Method Not Allowed") }
        guard let token = request.bearer else { return Self.failure(401, "call not properly authenticated") }
        guard token == configuration.searchToken else { return Self.failure(401, "call not properly authenticated") }
        if case .refuse(let status) = fault { return Self.failure(status, "made to fail") }
        let form = Dictionary(request.form.map { ($0.name, $0.value) }) { first, _ in first }
        guard form["output_mode"] == "json", form["earliest_time"] == "0", let search = form["search"] else {
            return Self.failure(400, "Unable to parse the search.")
        }
        guard let rows = rows(search) else { return Self.failure(400, "Unable to parse the search.") }
        var lines: [JSONValue] = rows.prefix(3).enumerated().map { number, row in
            ["preview": true, "offset": .integer(Int64(number)), "result": .object(row)]
        }
        if case .message(let type, let text) = fault {
            lines.append(["preview": false, "messages": [["type": .string(type), "text": .string(text)]]])
        }
        let given = rows.prefix(configuration.maximumRows)
        for (number, row) in given.enumerated() {
            var line: [String: JSONValue] = [
                "preview": false, "offset": .integer(Int64(number)), "result": .object(row),
            ]
            if number == given.count - 1 { line["lastrow"] = true }
            lines.append(.object(line))
        }
        if given.isEmpty { lines.append(["preview": false, "lastrow": true]) }
        var body = lines.flatMap { ((try? $0.canonicalBytes()) ?? []) + [UInt8(ascii: "\n")] }
        if case .cut(let bytes) = fault { body = Array(body.prefix(bytes)) }
        return Response(200, body: .whole(body), type: "application/json; charset=UTF-8")
    }

    // MARK: Searching

    private func rows(_ search: String) -> [[String: JSONValue]]? {
        let scope =
            /search index=(?:"([^"\\`*]+)"|\*)(?: source="([^"\\`*]+)")? \| where mvindex\(ledger,0\)="([^"\\`*]+)"/
        guard let found = search.prefixMatch(of: scope) else { return nil }
        let rest = search[found.range.upperBound...]
        let events = select(index: found.1.map(String.init), source: found.2.map(String.init), ledger: String(found.3))
        let counting =
            #" | eval stray=if(isnull(ledgerIndex) AND coalesce(mvindex(eventType,0),"")!="DELIVERY_MANIFEST",1,0)"#
            + " | stats count as events, sum(stray) as strays | noop search_optimization=false"
        if rest == counting {
            let strays = events.count { $0.index == nil && $0.type != "DELIVERY_MANIFEST" }
            return [["events": .string(String(events.count)), "strays": .string(String(strays))]]
        }
        let window = /( \| eval n=tonumber\(mvindex\(ledgerIndex,0\)\) \| where )n>=(\d+) AND n<(\d+)/
        guard let range = rest.prefixMatch(of: window), let first = UInt64(range.2), let end = UInt64(range.3) else {
            return nil
        }
        let listing =
            #" | eval id=coalesce(mvindex(recordId,0),""), hash=coalesce(json_extract(_raw,"leafHash"),"#
            + #"json_extract(_raw,"unmapped.leafHash"),json_extract(_raw,"muniment.leafHash"),"")"#
            + " | stats count by id hash | eventstats count as rows | noop search_optimization=false"
        guard rest[range.range.upperBound...] == listing else { return nil }
        var counts: [[String]: Int] = [:]
        for event in events {
            guard let index = event.index, index >= first, index < end else { continue }
            counts[[event.id, event.hash], default: 0] += 1
        }
        return counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, count in
            [
                "id": .string(key[0]), "hash": .string(key[1]), "count": .string(String(count)),
                "rows": .string(String(counts.count)),
            ]
        }
    }

    private func select(index: String?, source: String?, ledger: String) -> [Found] {
        // An index that the role may not search has nothing, and nobody is told.
        if let index, let allowed = configuration.indexes, !allowed.contains(index) { return [] }
        return events.compactMap { event in
            guard let envelope = try? JSONValue(parsing: Array(event.json.utf8)), let fields = envelope["fields"],
                fields["ledger"]?.string == ledger, index == nil || envelope["index"]?.string == index,
                source == nil || envelope["source"]?.string == source
            else { return nil }
            let raw = envelope["event"]
            let hash =
                raw?["leafHash"]?.string ?? raw?["unmapped"]?["leafHash"]?.string
                ?? raw?["muniment"]?["leafHash"]?.string
            return Found(
                id: fields["recordId"]?.string ?? "",
                index: fields["ledgerIndex"]?.string.flatMap { UInt64($0) },
                type: fields["eventType"]?.string ?? "",
                hash: hash ?? ""
            )
        }
    }

    private static func failure(_ status: Int, _ text: String) -> Response {
        let answer: JSONValue = ["messages": [["type": status == 401 ? "WARN" : "FATAL", "text": .string(text)]]]
        return Response(status, body: .whole((try? answer.canonicalBytes()) ?? []), type: "application/json")
    }
}
