import Crypto

/// The keys of the operators that need one, apart from each other by derivation (HKDF-SHA-256).
public struct RedactionKeys: Sendable {
    let pseudonym: SymmetricKey
    let token: SymmetricKey
    let date: SymmetricKey
    let allowList: SymmetricKey
    let cipher: FF1

    /// Derives the keys from a secret of at least 32 bytes; nil when it is shorter.
    public init?(secret: [UInt8]) {
        guard secret.count >= 32 else { return nil }
        let root = SymmetricKey(data: secret)
        func derive(_ purpose: String) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: root,
                info: Array("muniment redaction v1 \(purpose)".utf8),
                outputByteCount: 32
            )
        }
        pseudonym = derive("hash")
        token = derive("token")
        date = derive("date")
        allowList = derive("allow list")
        guard let cipher = try? FF1(key: derive("ff1").withUnsafeBytes(Array.init)) else { return nil }
        self.cipher = cipher
    }

    /// The keyed hash by which an allow list knows a value, in lower-case hexadecimal.
    public func allowListHash(of value: String) -> String {
        Hex.text(mac(allowList, scope: "", name: "", Normal.form(Array(value.utf8), type: .custom)))
    }

    /// HMAC over length-prefixed parts, so that no two different inputs meet.
    func mac(_ key: SymmetricKey, scope: String, name: String, _ value: [UInt8]) -> [UInt8] {
        var hmac = HMAC<SHA256>(key: key)
        for part in [Array(scope.utf8), Array(name.utf8), value] {
            var length = UInt64(part.count).bigEndian
            withUnsafeBytes(of: &length) { hmac.update(data: $0) }
            hmac.update(data: part)
        }
        return Array(hmac.finalize())
    }
}

/// The form in which equal values are equal: without separators and in one case.
enum Normal {
    static func form(_ value: [UInt8], type: EntityType) -> [UInt8] {
        var folding = Folding()
        value.withUnsafeBytes { folding.fold($0) }
        if type == .email || type == .ipAddress || type == .custom {
            return folding.bytes.map { Bytes.isUpper($0) ? $0 | 0x20 : $0 }
        }
        return folding.bytes.compactMap { byte in
            guard Bytes.isWord(byte) else { return nil }
            return Bytes.isLower(byte) ? byte & 0xDF : byte
        }
    }
}

enum Hex {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Writes what stands in place of a finding.
struct Replacement {
    let keys: RedactionKeys?
    let vault: (any TokenVault)?
    let scope: String

    /// Appends the replacement of `value` to `output`. What cannot be done as asked becomes a mask, never the value.
    func append(
        _ value: UnsafeRawBufferPointer,
        _ type: EntityType,
        _ action: Action,
        to output: inout [UInt8]
    ) throws(VaultFailure) {
        switch action.permitted(for: type) {
        case .keep: output.append(contentsOf: value)
        case .mask: appendMask(&output)
        case .maskMiddle:
            guard type == .creditCard else { return appendMask(&output) }
            Mask.pan.appendMasked(value, to: &output)
        case .label: output.append(contentsOf: "[\(type.name)]".utf8)
        case .hash:
            guard let keys else { return appendMask(&output) }
            let mac = keys.mac(keys.pseudonym, scope: scope, name: type.name, Normal.form(Array(value), type: type))
            output.append(contentsOf: "hash_\(type.name)_\(Hex.text(mac))".utf8)
        case .token:
            guard let keys, let vault else { return appendMask(&output) }
            // The spelling counts: what comes back is what went in.
            let mac = keys.mac(keys.token, scope: scope, name: type.name, Array(value))
            let token = "tok_\(type.name)_\(Hex.text(mac.prefix(16)))"
            try vault.store(Array(value), as: token, scope: scope)
            output.append(contentsOf: token.utf8)
        case .formatPreserving: appendEncrypted(value, type, &output)
        case .shiftDate:
            guard let keys, type == .dateOfBirth else { return appendMask(&output) }
            let mac = keys.mac(keys.date, scope: scope, name: "", [])
            DateShift(secret: mac).append(value, to: &output)
        }
    }

    private func appendMask(_ output: inout [UInt8]) { Mask.full.appendStars(4, to: &output) }

    /// Digits are encrypted together, everything else stays where it is.
    private func appendEncrypted(_ value: UnsafeRawBufferPointer, _ type: EntityType, _ output: inout [UInt8]) {
        let digits = value.filter(Bytes.isDigit).map { $0 - 0x30 }
        let isPlain = value.allSatisfy { $0 < 0x80 && !Bytes.isLetter($0) }
        guard let keys, isPlain,
            let encrypted = try? keys.cipher.encrypt(digits, radix: 10, tweak: tweak(type))
        else { return appendMask(&output) }
        var next = 0
        for byte in value {
            if Bytes.isDigit(byte) {
                output.append(0x30 + encrypted[next])
                next += 1
            } else {
                output.append(byte)
            }
        }
    }

    func tweak(_ type: EntityType) -> [UInt8] { Array("\(scope)\u{0}\(type.name)".utf8) }
}
