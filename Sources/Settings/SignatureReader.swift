import Credentials

/// Reads how signed requests are judged.
struct SignatureReader {
    func rules(_ section: Section?) -> SignatureRules {
        var rules = SignatureRules()
        guard let section else { return rules }
        defer { section.end() }
        // `created` counts whole seconds (RFC 9421 section 2.3), so parts of one would promise what cannot be kept.
        if let window = section.duration("window", in: 5000...600_000) { rules.window = Int64(window / 1000) }
        if let skew = section.duration("clockSkew", in: 0...60_000) { rules.skew = Int64(skew / 1000) }
        if let capacity = section.integer("remembered", in: 1000...10_000_000) { rules.capacity = capacity }
        return rules
    }
}
