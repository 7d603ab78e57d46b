public import DeliveryWire
public import Detection
import JSON
public import WallTime

/// Decisions about proposed cases that a SOAR sends, signed as Standard Webhooks says. They approve or refuse; they never propose.
///
/// All keys are one identity: several are trusted only so that they can be changed without a gap.
public struct SignedDecisions: Sendable {
    private let desk: ContainmentDesk
    private let verifier: WebhookVerifier
    private let clock: any WallClock

    /// - Parameter keys: trusted, all of them the SOAR's.
    public init(desk: ContainmentDesk, keys: [WebhookVerifier.Key], clock: any WallClock) {
        self.desk = desk
        verifier = WebhookVerifier(keys: keys)
        self.clock = clock
    }

    /// Checks the signature of exactly these bytes, and that its time is within five minutes of now.
    /// - Throws: ``WebhookError``.
    public func verify(_ headers: WebhookSigner.Headers, body: [UInt8]) throws(WebhookError) {
        try verifier.verify(headers, body: body, now: clock.now())
    }

    /// Takes a decision whose signature was verified, once: the message's id is kept with it.
    /// - Parameter refusing: the reason of a refusal; nil approves.
    /// - Throws: ``ContainmentError``; ``ContainmentError/decisionRepeated`` for a message that was taken before.
    public func decide(_ caseID: String, refusing: String?, messageID: String) async throws -> ContainmentCase {
        // What was taken is told apart from what came too late.
        if try await desk.hasTaken(messageID: messageID) { throw ContainmentError.decisionRepeated }
        if let refusing {
            return try await desk.command(
                .refuse(caseID: caseID, reason: refusing),
                by: ContainmentPolicy.soar,
                messageID: messageID
            )
        }
        return try await desk.command(.approve(caseID: caseID), by: ContainmentPolicy.soar, messageID: messageID)
    }
}
