import Delivery
import Foundation
import NATS
import ObjectStorage
import Storage

extension SinkReader {
    /// Reads all sinks. Two that would write to one place are a problem: each would take what the other wrote there for its own, or
    /// for somebody's.
    func sinks(_ sections: [(name: String, section: Section)]) -> [SinkSettings] {
        var owners: [String: String] = [:]
        return sections.compactMap { name, section in
            guard let settings = sink(name, section) else { return nil }
            let (places, key, advice) = settings.destination.ownPlaces
            if let owner = places.lazy.compactMap({ owners[$0] }).first {
                section.problem(key, "is where the sink '\(owner)' writes, which \(advice); give each sink its own")
            }
            for place in places where owners[place] == nil { owners[place] = name }
            return settings
        }
    }
}

extension SinkSettings.Destination {
    /// The places that only one sink may write to, whatever way they are written in; the setting that names them; and what would
    /// come of two.
    fileprivate var ownPlaces: (places: [String], key: String, advice: String) {
        switch self {
        case .file(let path):
            let url = URL(fileURLWithPath: path).standardizedFileURL
            let folder = url.deletingLastPathComponent().resolvingSymlinksInPath().path
            return (["file \(folder)/\(url.lastPathComponent)"], "path", "would overwrite its events")
        case .postgres(let database, let table, _):
            let name = table.text.contains(".") ? table.text : "public." + table.text
            return (
                ["table \(database.location) \(name)"], "table",
                "has the same ids: what one wrote would count as delivered by both"
            )
        case .nats(let nats):
            return (
                nats.servers.servers.map { "stream \($0) \(nats.stream)" }, "stream",
                "has the same ids: the stream would drop what comes second"
            )
        case .worm(let worm, let endpoint, _, _):
            return (
                ["objects \(endpoint.scheme)://\(endpoint.authority)/\(endpoint.bucket)/\(worm.prefix)"], "bucket",
                "has the same names: each would find the other's objects there; set another bucket or prefix"
            )
        case .splunk, .datadog, .syslog, .webhook: return ([], "kind", "")
        }
    }
}
