/// Why a message was refused: which rule it broke and where, never what it said.
///
/// After an error the connection must be closed: where the next message would begin is not known.
public struct FramingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Who sent the message.
    public enum Sender: String, Sendable, CaseIterable {
        /// A client: the message is a request.
        case client = "request"
        /// An upstream server: the message is a response.
        case server = "response"
    }

    /// The rule that was broken.
    public let fault: FramingFault
    /// Who sent the message.
    public let sender: Sender
    /// Where it was broken, in bytes from the start of the message.
    public let offset: Int

    /// Creates an error.
    public init(_ fault: FramingFault, from sender: Sender, at offset: Int) {
        self.fault = fault
        self.sender = sender
        self.offset = offset
    }

    /// A stable name for logs, metrics and problem documents, such as `repeated-content-length`.
    public var code: String { fault.rawValue }

    /// The HTTP status to answer: the fault's own for a client's request, 502 when it was an upstream that sent it.
    public var status: Int { sender == .client ? fault.requestStatus : 502 }

    /// What is wrong, where, and what to do.
    public var description: String { "byte \(offset) of the \(sender.rawValue): \(fault.explanation) [\(code)]" }
}

extension FramingError.Sender {
    @inline(__always)
    func error(_ fault: FramingFault, at offset: Int) -> FramingError { FramingError(fault, from: self, at: offset) }
}
