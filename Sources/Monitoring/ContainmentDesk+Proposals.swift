public import Detection
import Genesys
import Ledger
import Redaction
import WallTime

extension ContainmentDesk {
    /// What a proposal would do, and how its target stands, without doing it.
    public func preview(_ proposal: ContainmentProposal) async throws -> ContainmentPreview {
        var facts: [String] = []
        var proposal = proposal
        if !proposal.step.isLocal {
            do {
                let found = try await platform?.facts(of: proposal.target, for: proposal.step)
                facts = found?.lines ?? ["no platform is configured"]
                proposal = proposal.knowing(nativeLogin: found?.hasNativeLogin)
            } catch let error as ContainmentError {
                facts = ["\(error)"]
            } catch {
                facts = ["the platform could not be asked: \(error)"]
            }
        }
        let hasLiveCall = try await hasLiveCall(proposal.target.id)
        return try await book().preview(
            proposal.knowing(warnings: try await warnings(about: proposal)),
            hasLiveCall: hasLiveCall,
            facts: facts,
            hindrance: try await unknownAlert(of: proposal),
            at: clock.now()
        )
    }

    /// A command with what the platform and the record know of a proposal's target and alerts.
    /// - Throws: ``ContainmentError`` for a target that the platform does not know, where the step is the platform's, and for an alert
    ///   that does not exist.
    func informed(_ command: ContainmentCommand, by actor: String) async throws -> ContainmentCommand {
        // What rests on an alert of our own knows both, and waits for nobody.
        if actor == ContainmentPolicy.automaticActor { return command }
        guard case .propose(var proposal) = command, policy.enabled.contains(proposal.step),
            proposal.step == .notify || !policy.protected.contains(proposal.target.id)
        else { return command }
        if let error = try await unknownAlert(of: proposal) { throw error }
        if !proposal.step.isLocal, let platform {
            do {
                let facts = try await platform.facts(of: proposal.target, for: proposal.step)
                proposal = proposal.knowing(nativeLogin: facts.hasNativeLogin)
            } catch is GenesysError {
                // A platform that is away must not keep people from asking; what has to be known is refused by the book.
            }
        }
        return .propose(proposal.knowing(warnings: try await warnings(about: proposal)))
    }

    /// The first alert named that detection never raised.
    private func unknownAlert(of proposal: ContainmentProposal) async throws -> ContainmentError? {
        for alert in proposal.alerts {
            let found = try await ledger.events(EventQuery(keys: [.event(Self.raising(alert))], limit: 1)).events
            if found.isEmpty { return .unknownAlert(alert) }
        }
        return nil
    }

    /// What makes a proposal doubtful: an agent whom neither the record nor the platform knows, perhaps a slip of the hand. It is
    /// not refused, since an unknown agent may be about to read.
    private func warnings(about proposal: ContainmentProposal) async throws -> [String] {
        guard proposal.step != .disableClient else { return [] }
        let agent = proposal.target.id
        let reads = EventQuery(
            keys: [IndexKey(.agent, agent)],
            types: [EventType.customerDataAccessed.rawValue, EventType.customerDataAccessRefused.rawValue],
            limit: 1
        )
        guard try await ledger.events(reads).events.isEmpty else { return [] }
        let unread = "no read of this agent is in the record"
        guard let platform else { return ["\(unread): look whether the id is right"] }
        do {
            _ = try await platform.facts(of: proposal.target, for: proposal.step)
            return []
        } catch is ContainmentError {
            return ["\(unread), and the platform knows no such user: look whether the id is right"]
        } catch is GenesysError {
            return ["\(unread), and the platform could not be asked: look whether the id is right"]
        }
    }
}

extension ContainmentCommand {
    /// The same, with a reason that can stand in the record for ever.
    var masked: ContainmentCommand {
        switch self {
        case .propose(let proposal): .propose(proposal.copy(reason: RecordedWords.masked(proposal.reason)))
        case .approve: self
        case .refuse(let id, let reason): .refuse(caseID: id, reason: RecordedWords.masked(reason))
        case .undo(let id, let reason): .undo(caseID: id, reason: RecordedWords.masked(reason))
        }
    }
}

extension ContainmentProposal {
    /// The same, with whether the user signs in with a password, where that was found out.
    fileprivate func knowing(nativeLogin: Bool?) -> ContainmentProposal {
        copy(target: ContainmentTarget(id: target.id, hasNativeLogin: nativeLogin ?? target.hasNativeLogin))
    }

    /// The same, with what makes it doubtful.
    fileprivate func knowing(warnings: [String]) -> ContainmentProposal { copy(warnings: warnings) }

    fileprivate func copy(
        target: ContainmentTarget? = nil,
        reason: String? = nil,
        warnings: [String]? = nil
    ) -> ContainmentProposal {
        ContainmentProposal(
            id: id,
            step: step,
            target: target ?? self.target,
            reason: reason ?? self.reason,
            alerts: alerts,
            undoAt: undoAt,
            waitsForCallEnd: waitsForCallEnd,
            warnings: warnings ?? self.warnings
        )
    }
}
