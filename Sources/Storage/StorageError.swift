/// What went wrong in the store, in words that are safe to show and to log: no bound value is ever part of it.
public struct StorageError: Error, Sendable, CustomStringConvertible {
    /// The class of a failure, on which callers decide.
    public enum Code: String, Sendable {
        /// The file, folder or server cannot be opened.
        case cannotOpen
        /// The device or quota is full; nothing of the transaction was kept.
        case full
        /// The store is read-only.
        case readOnly
        /// Another writer held the store longer than the busy time-out.
        case busy
        /// The store's own structure is damaged.
        case corrupt
        /// The store's rules refused the statement (trigger, uniqueness, check).
        case refused
        /// A value does not fit its column: too large, or of a form that the engine does not take.
        case value
        /// The schema is newer than this program, or unknown to it.
        case schema
        /// An input or output error of the device.
        case inputOutput
        /// The work was taken over by another node.
        case fenced
        /// The server cannot be reached, or was lost: whether a commit under way took effect is unknown.
        case unavailable
        /// Anything else.
        case other
    }

    /// The class of the failure.
    public let code: Code
    /// What was being done, and what the engine said.
    public let message: String

    /// Makes an error from its class and a message without personal data.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(message) (\(code.rawValue))" }
}
