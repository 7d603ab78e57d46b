import JSON

extension ProjectionPlan {
    /// Copies what the plan lets through from one JSON document, in one pass, and appends it to `output`.
    ///
    /// Declared objects and arrays on the way to a field keep their structure. A released value is copied byte for byte, a
    /// masked string or number becomes a masked string (`null` stays `null`; `true`, `false`, arrays and objects become
    /// `"****"`), everything else is dropped. Dropped values are checked like the others, but for repeated keys.
    ///
    /// - Parameters:
    ///   - input: the document; UTF-8 without byte order mark.
    ///   - expected: a field, by its place in the plan's list, and the value that the document should hold there; the summary tells
    ///     whether it does. Looked at whatever happens to the field.
    ///   - output: receives the projected document, without white space of its own. Unchanged when an error is thrown.
    ///   - scratch: reused buffers; afterwards its `values` say where each shown value stands in `output`.
    /// - Returns: which fields were released, masked, withheld and absent.
    /// - Throws: ``ProjectionError``; a document that is not understood completely is refused completely.
    public func project(
        _ input: UnsafeRawBufferPointer,
        expecting expected: (field: Int, value: UnsafeRawBufferPointer)? = nil,
        into output: inout [UInt8],
        scratch: inout ProjectionScratch
    ) throws(ProjectionError) -> ProjectionSummary {
        let start = output.count
        var pass = ProjectionPass(
            scanner: JSONScanner(input, limits: JSONLimits(maximumDepth: limits.maximumDepth)),
            summary: ProjectionSummary(declared: declared),
            expected: expected
        )
        swap(&pass.output, &output)
        swap(&pass.scratch, &scratch)
        defer {
            swap(&pass.output, &output)
            swap(&pass.scratch, &scratch)
        }
        pass.output.reserveCapacity(start + input.count)
        pass.scratch.values.removeAll(keepingCapacity: true)
        pass.scratch.seen.begin()
        do {
            try document(&pass)
        } catch {
            pass.output.removeLast(pass.output.count - start)
            pass.scratch.values.removeAll(keepingCapacity: true)
            throw error
        }
        return pass.summary
    }

    private func document(_ pass: inout ProjectionPass) throws(ProjectionError) {
        let token = try pass.next()
        switch token.kind {
        case .beginObject:
            guard !nodes[0].edges.isEmpty else { throw pass.error(.topLevelMismatch, token) }
            try object(0, &pass)
        case .beginArray:
            guard nodes[0].elements >= 0 else { throw pass.error(.topLevelMismatch, token) }
            try array(0, &pass, isOutermost: true)
        default:
            throw pass.error(.notAContainer, token)
        }
        try pass.end()
    }

    /// Recursion follows the paths, which have at most 64 steps.
    private func object(_ node: Int, _ pass: inout ProjectionPass) throws(ProjectionError) {
        pass.output.append(UInt8(ascii: "{"))
        let object = pass.newObject()
        var isFirst = true
        while true {
            let key = try pass.next()
            guard key.kind == .key else { break }
            let child = try member(of: node, key, object, &pass)
            let token = try pass.next()
            if child >= 0 {
                try value(child, token, &isFirst, &pass)
            } else {
                pass.summary.unknownMembers &+= 1
                try pass.skip(token)
            }
        }
        pass.output.append(UInt8(ascii: "}"))
    }

    private func array(
        _ node: Int,
        _ pass: inout ProjectionPass,
        isOutermost: Bool = false
    ) throws(ProjectionError) {
        pass.output.append(UInt8(ascii: "["))
        let element = nodes[node].elements
        var isFirst = true
        while true {
            let token = try pass.next()
            guard token.kind != .endArray else { break }
            if isOutermost, token.kind != .beginObject { throw pass.error(.elementNotAnObject, token) }
            try value(element, token, &isFirst, &pass)
        }
        pass.output.append(UInt8(ascii: "]"))
    }

    private func value(
        _ node: Int,
        _ token: JSONToken,
        _ isFirst: inout Bool,
        _ pass: inout ProjectionPass
    ) throws(ProjectionError) {
        let field = nodes[node].field
        if field >= 0 {
            pass.compare(field, token)
            switch fields[field].action {
            case .withhold:
                pass.summary.withheld.insert(field)
                try pass.skip(token)
            case .release:
                pass.summary.released.insert(field)
                write(node, &isFirst, &pass)
                let start = pass.output.count
                try release(token, &pass)
                try record(field, from: start, token, &pass)
            case .mask(let mask):
                pass.summary.masked.insert(field)
                write(node, &isFirst, &pass)
                let start = pass.output.count
                if mask == .findings {
                    try inspect(token, &pass)
                    let range = token.range.lowerBound..<pass.scanner.offset
                    pass.redact(range, field, redactors[field] ?? Self.maskingRedactor)
                } else {
                    try pass.mask(token, mask)
                }
                try record(field, from: start, token, &pass)
            }
        } else if token.kind == .beginObject, !nodes[node].edges.isEmpty {
            write(node, &isFirst, &pass)
            try object(node, &pass)
        } else if token.kind == .beginArray, nodes[node].elements >= 0 {
            write(node, &isFirst, &pass)
            try array(node, &pass)
        } else {
            pass.summary.mismatchedValues &+= 1
            try pass.skip(token)
        }
    }

    /// Writes what stands before a value: a comma unless it is the first, and the member's key.
    @inline(__always)
    private func write(_ node: Int, _ isFirst: inout Bool, _ pass: inout ProjectionPass) {
        if !isFirst { pass.output.append(UInt8(ascii: ",")) }
        isFirst = false
        pass.output.append(contentsOf: written[nodes[node].written])
    }

    private func record(
        _ field: Int,
        from start: Int,
        _ token: JSONToken,
        _ pass: inout ProjectionPass
    ) throws(ProjectionError) {
        guard pass.scratch.values.count < limits.maximumValues else { throw pass.error(.tooManyValues, token) }
        pass.scratch.values.append(ProjectedValue(field: field, range: start..<pass.output.count))
    }

    /// The place that a key leads to, or -1. A key that the object had before is refused.
    private func member(
        of node: Int?,
        _ key: JSONToken,
        _ object: UInt64,
        _ pass: inout ProjectionPass
    ) throws(ProjectionError) -> Int {
        if key.isEscaped { return try escapedMember(of: node, key, object, &pass) }
        let name = UnsafeRawBufferPointer(rebasing: pass.scanner.bytes[key.contentRange])
        let hash = hasher.hash(name)
        guard pass.scratch.seen.insert(hash, object: object) else { throw pass.error(.duplicateKey, key) }
        guard let node else { return -1 }
        return child(of: node, key: name, hash: hash)
    }

    private func escapedMember(
        of node: Int?,
        _ key: JSONToken,
        _ object: UInt64,
        _ pass: inout ProjectionPass
    ) throws(ProjectionError) -> Int {
        pass.scratch.text.removeAll(keepingCapacity: true)
        JSONText.appendUnescaped(pass.scanner.bytes, key.contentRange, to: &pass.scratch.text)
        let (hash, child) = pass.scratch.text.withUnsafeBytes { name in
            let hash = hasher.hash(name)
            return (hash, node.map { self.child(of: $0, key: name, hash: hash) } ?? -1)
        }
        guard pass.scratch.seen.insert(hash, object: object) else { throw pass.error(.duplicateKey, key) }
        return child
    }

    private func release(_ token: JSONToken, _ pass: inout ProjectionPass) throws(ProjectionError) {
        try inspect(token, &pass)
        let range = token.range.lowerBound..<pass.scanner.offset
        pass.output.append(contentsOf: UnsafeRawBufferPointer(rebasing: pass.scanner.bytes[range]))
    }

    /// Walks through a released value and refuses repeated keys at any depth; the scanner bounds the recursion.
    private func inspect(_ token: JSONToken, _ pass: inout ProjectionPass) throws(ProjectionError) {
        switch token.kind {
        case .beginObject:
            let object = pass.newObject()
            while true {
                let key = try pass.next()
                guard key.kind == .key else { return }
                _ = try member(of: nil, key, object, &pass)
                try inspect(try pass.next(), &pass)
            }
        case .beginArray:
            while true {
                let element = try pass.next()
                guard element.kind != .endArray else { return }
                try inspect(element, &pass)
            }
        default:
            return
        }
    }
}
