internal import CPostgres

/// What libpq makes of an address.
enum PostgresAddress {
    /// The parameters of an address by libpq's names.
    /// - Throws: ``StorageError`` when libpq does not understand it; the message does not repeat it, for it may hold a password.
    static func parameters(of address: String) throws(StorageError) -> [String: String] {
        var reason: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(address, &reason) else {
            PQfreemem(reason)
            throw StorageError(
                .cannotOpen,
                "the address of the database is not one that libpq understands: write postgresql://user@host:5432/database"
            )
        }
        defer { PQconninfoFree(options) }
        var found: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return found
    }

    /// The parameters of each server that the address names, in its order.
    static func servers(of address: String) throws(StorageError) -> [[String: String]] {
        let parameters = try parameters(of: address)
        func list(_ name: String) -> [String]? {
            parameters[name].map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        }
        let lists = ["host": list("host"), "hostaddr": list("hostaddr"), "port": list("port")].compactMapValues(\.self)
        let count = max(lists["host"]?.count ?? 1, lists["hostaddr"]?.count ?? 1)
        return (0..<count).map { place in
            var server = parameters
            for (name, values) in lists {
                // One port for all hosts is the usual way to write it.
                server[name] = values.count > place ? values[place] : values[values.count - 1]
            }
            return server
        }
    }

    /// Hosts, ports and database for messages.
    static func location(of address: String) -> String {
        guard let parameters = try? parameters(of: address) else { return "an address that is not understood" }
        let hosts = (parameters["host"] ?? parameters["hostaddr"] ?? "local socket").split(separator: ",")
        let ports = (parameters["port"] ?? "5432").split(separator: ",")
        let places = hosts.enumerated().map { index, host in
            "\(host):\(index < ports.count ? ports[index] : ports.last ?? "5432")"
        }
        return places.joined(separator: ",") + "/" + (parameters["dbname"] ?? "")
    }
}
