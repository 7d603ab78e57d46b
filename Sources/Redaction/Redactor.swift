/// Finds and replaces personal data in text under one policy.
///
/// Covered are the 28 types of ``EntityType``, written and spoken. Names, addresses and free text about a person are not: they
/// need a language model. A redactor is a value; give each task its own ``Scratch``.
public struct Redactor: Sendable {
    /// The policy that it follows.
    public let policy: RedactionPolicy
    let keys: RedactionKeys?
    let vault: (any TokenVault)?
    let scanRules: ScanRules
    private let masksAll: Bool

    /// Why a policy cannot be followed.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case missingKeys(EntityType)
        case missingVault(EntityType)

        /// What is missing and what to do.
        public var description: String {
            switch self {
            case .missingKeys(let type):
                "the action for \(type) needs keys: give the redactor a secret of at least 32 bytes"
            case .missingVault(let type): "the action for \(type) makes tokens: give the redactor a vault"
            }
        }
    }

    /// Follows `policy`; keys and vault are needed when an action uses them.
    public init(policy: RedactionPolicy, keys: RedactionKeys? = nil, vault: (any TokenVault)? = nil) throws(Failure) {
        for type in EntityType.allCases {
            guard let action = policy.action(for: type) else { continue }
            if action.needsKeys, keys == nil { throw .missingKeys(type) }
            if action == .token, vault == nil { throw .missingVault(type) }
        }
        self.init(checked: policy, keys, vault)
    }

    /// Masks everything.
    public init() { self.init(checked: RedactionPolicy(name: "mask everything"), nil, nil) }

    private init(checked policy: RedactionPolicy, _ keys: RedactionKeys?, _ vault: (any TokenVault)?) {
        self.policy = policy
        self.keys = keys
        self.vault = vault
        scanRules = policy.scanRules
        masksAll = EntityType.allCases.allSatisfy { policy.action(for: $0) == .mask }
    }

    /// Leaves in `scratch.findings` what is found in `text`, by rising start, without overlaps.
    public func find(_ text: UnsafeRawBufferPointer, hints: ContextHints = ContextHints(), into scratch: Scratch) {
        scratch.steps = 0
        if text.count <= Finder.window, policy.rules.isEmpty {
            scratch.findAll(text, scanRules, hints)
            return removeAllowed(text, from: 0, scratch)
        }
        scratch.findings.removeAll(keepingCapacity: true)
        var finder = Finder(rules: scanRules, customRules: policy.rules, hints: hints)
        finder.find(text, scratch)
        removeAllowed(text, from: 0, scratch)
    }

    /// Leaves the redacted text in `scratch.output` and what was found (offsets of the original) in `scratch.findings`.
    ///
    /// - Parameters:
    ///   - text: UTF-8; bytes that are not stay as they are.
    ///   - scope: where equal values get equal tokens and hashes: a tenant, a conversation.
    ///   - hints: what is known from outside the text.
    /// - Throws: ``VaultFailure`` when a token cannot be stored; then nothing must be released.
    public func redact(
        _ text: UnsafeRawBufferPointer,
        scope: String = "",
        hints: ContextHints = ContextHints(),
        into scratch: Scratch
    ) throws(VaultFailure) {
        find(text, hints: hints, into: scratch)
        scratch.output.removeAll(keepingCapacity: true)
        scratch.output.reserveCapacity(text.count)
        try write(text, 0..<text.count, scratch.findings[...], scope: scope, to: &scratch.output)
    }

    /// The redacted form of `text`.
    public func redact(_ text: String, scope: String = "") throws(VaultFailure) -> String {
        let scratch = Scratch()
        var text = text
        var failure: VaultFailure?
        text.withUTF8 { bytes in
            do throws(VaultFailure) {
                try redact(UnsafeRawBufferPointer(bytes), scope: scope, into: scratch)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return String(decoding: scratch.output, as: UTF8.self)
    }

    /// The value behind a token of this scope, or the plain text of an encrypted number is not given: see ``reveal(_:type:scope:)``.
    public func reveal(token: String, scope: String) throws(VaultFailure) -> [UInt8]? {
        try vault?.value(of: token, scope: scope)
    }

    /// Takes back ``Action/formatPreserving`` for a value of `type` in `scope`; nil when the value has another form.
    public func reveal(_ value: String, type: EntityType, scope: String) -> String? {
        guard let keys, Action.formatPreserving.permitted(for: type) == .formatPreserving else { return nil }
        let digits = value.utf8.filter(Bytes.isDigit).map { $0 - 0x30 }
        let tweak = Replacement(keys: keys, vault: nil, scope: scope).tweak(type)
        guard var plain = try? keys.cipher.decrypt(digits, radix: 10, tweak: tweak)[...] else { return nil }
        let bytes = value.utf8.map { byte in Bytes.isDigit(byte) ? 0x30 + (plain.popFirst() ?? 0) : byte }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Drops findings from index `first` on whose values the policy lets through.
    func removeAllowed(_ text: UnsafeRawBufferPointer, from first: Int, _ scratch: Scratch) {
        guard !policy.allowed.entries.isEmpty else { return }
        var kept = first
        for index in first..<max(first, scratch.findings.count) {
            let finding = scratch.findings[index]
            guard !policy.allowed.allows(Array(text[finding.range]), finding.type, keys) else { continue }
            scratch.findings[kept] = finding
            kept += 1
        }
        scratch.findings.removeLast(scratch.findings.count - kept)
    }

    /// Appends `text[range]` with each finding replaced.
    func write(
        _ text: UnsafeRawBufferPointer,
        _ range: Range<Int>,
        _ findings: ArraySlice<Finding>,
        scope: String,
        to output: inout [UInt8]
    ) throws(VaultFailure) {
        var offset = range.lowerBound
        let replacement = masksAll ? nil : Replacement(keys: keys, vault: vault, scope: scope)
        for finding in findings where finding.start >= offset && finding.end <= range.upperBound {
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[offset..<finding.start]))
            if let replacement {
                let value = UnsafeRawBufferPointer(rebasing: text[finding.range])
                try replacement.append(value, finding.type, policy.action(for: finding.type) ?? .mask, to: &output)
            } else {
                Mask.full.appendStars(4, to: &output)
            }
            offset = finding.end
        }
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[offset..<range.upperBound]))
    }
}
