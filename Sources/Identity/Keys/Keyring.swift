import Crypto
import TextEncoding

/// The keys of a tenant, one for each epoch. New tokens are made under the newest; older ones are still looked up under the others
/// until those are destroyed.
///
/// As text, one key to a line, `<epoch> <64 hex digits>`; `#` begins a comment. A file that holds nothing but 64 hex digits is a
/// single key, of the epoch that the configuration names.
public struct Keyring: Sendable {
    /// Epochs that may be in use at once. Each costs one more hash and look-up per unknown identifier.
    public static let mostEpochs = 8

    /// The keys, oldest first.
    public let keys: [TenantKey]

    /// The key under which new tokens are made.
    public var newest: TenantKey { keys[keys.count - 1] }

    /// A keyring of one key.
    public init(_ key: TenantKey) { keys = [key] }

    private init(keys: [TenantKey]) { self.keys = keys }

    /// Reads a keyring.
    /// - Parameters:
    ///   - source: named in errors, such as the path.
    ///   - singleEpoch: the epoch of a key that stands alone.
    /// - Throws: ``IdentityError`` with the line that is wrong; never what stands in it.
    public init(text: String, tenant: String, singleEpoch: Int, source: String) throws(IdentityError) {
        var keys: [TenantKey] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            if words.isEmpty { continue }
            let place = "\(source), line \(number + 1)"
            guard words.count <= 2, let secret = Hex.decode(words[words.count - 1].utf8) else {
                throw .keyring("\(place): a line is '<epoch> <64 hex digits>'")
            }
            var epoch = singleEpoch
            if words.count == 2 {
                guard let read = Int(words[0]), String(read) == words[0] else {
                    throw .keyring("\(place): the epoch is a whole number from 1")
                }
                epoch = read
            } else if !keys.isEmpty {
                throw .keyring("\(place): with several keys each needs its epoch in front")
            }
            do throws(IdentityError) {
                keys.append(try TenantKey(secret: secret, tenant: tenant, epoch: epoch))
            } catch {
                throw .keyring("\(place): \(error)")
            }
        }
        guard !keys.isEmpty else { throw .keyring("\(source) holds no key") }
        guard keys.count <= Self.mostEpochs else {
            throw .keyring(
                "\(source) holds \(keys.count) keys: destroy old ones, at most \(Self.mostEpochs) may be in use"
            )
        }
        keys.sort { $0.epoch < $1.epoch }
        for (older, newer) in zip(keys, keys.dropFirst()) where older.epoch == newer.epoch {
            throw .keyring("\(source) holds two keys of epoch \(older.epoch)")
        }
        self.keys = keys
    }

    /// The key of an epoch.
    public subscript(epoch: Int) -> TenantKey? { keys.first { $0.epoch == epoch } }

    /// The keyring with a fresh key of the next epoch, under which new tokens are made from then on.
    public func rotated(using generator: inout some RandomNumberGenerator) throws(IdentityError) -> Keyring {
        guard keys.count < Self.mostEpochs else {
            throw .keyring("\(keys.count) epochs are in use, no more may be: destroy the oldest first")
        }
        let secret = (0..<TenantKey.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return Keyring(keys: keys + [try TenantKey(secret: secret, tenant: newest.tenant, epoch: newest.epoch + 1)])
    }

    /// The keyring without an epoch.
    public func without(epoch: Int) throws(IdentityError) -> Keyring {
        guard self[epoch] != nil else { throw .keyring("there is no key of epoch \(epoch)") }
        guard epoch != newest.epoch else {
            throw .keyring("epoch \(epoch) is the one in which new tokens are made: rotate first")
        }
        return Keyring(keys: keys.filter { $0.epoch != epoch })
    }

    /// The keyring as a file holds it.
    var text: String {
        var text = "# Muniment keyring: <epoch> <secret>. The last epoch makes new tokens.\n"
        for key in keys { text += "\(key.epoch) \(key.secret.withUnsafeBytes { Hex.encode($0) })\n" }
        return text
    }
}
