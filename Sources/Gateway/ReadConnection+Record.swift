import AccessPolicy
import Credentials
import JSON
import Ledger
import Measures
import NIOCore
import Traces

extension ReadConnection {
    // MARK: Recording

    func accessRecord(_ read: ReadState) -> AccessRecord {
        AccessRecord(
            core: core,
            prepared: read.prepared,
            plan: read.plan,
            request: read.request,
            isNeighbour: read.isNeighbour,
            name: read.name,
            purpose: read.route.purposes[read.purpose],
            binding: read.binding,
            clientID: read.clientID,
            producer: read.signed?.producer ?? core.settings.producer,
            timestamp: read.timestamp,
            latencyMicroseconds: Int64(Self.microseconds(since: read.started))
        )
    }

    /// Records that nothing was released, then says so.
    func refuse(_ problem: Problem?, _ outcome: ReadOutcome) {
        guard let read else { return }
        read.outcome = outcome
        read.isRefused = true
        read.problem = problem
        lookUpName(of: read, making: false)
        read.namePlace = accessRecord(read).writeRefused(
            outcome,
            reason: problem?.rawValue ?? outcome.rawValue,
            eventID: read.eventID,
            to: &loop.writer
        )
        record()
    }

    // MARK: The customer's name

    /// Finds out under which name the customer stands in the ledger. A name that is not remembered arrives later; until then the
    /// record is written with the token of the customer's number, which is also what it keeps when no name can be had.
    /// - Parameter making: whether a customer who is not known yet becomes one: only what the upstream knows is a customer.
    func lookUpName(of read: ReadState, making: Bool) {
        guard let names = core.names else { return }
        let (number, eventLoop) = (self.number, loop.loop)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let known = names.name(ofCustomer: read.request.customer, making: making) { answer in
            eventLoop.execute { bound.value.nameArrived(answer, number: number) }
        }
        read.isNaming = known == nil
        if case .known(let name)? = known { read.name = name }
    }

    private func nameArrived(_ answer: PlatformAnswer<String>, number: UInt64) {
        guard awaitsRecord(number), let read, let unnamed = read.unnamed else { return }
        read.isNaming = false
        read.unnamed = nil
        var bytes = unnamed
        // What the journal has taken meanwhile must be the same to the last byte.
        if case .known(let name) = answer, read.journalAt == .max || read.entry != nil {
            read.name = name
            bytes.replaceSubrange(read.namePlace, with: name.utf8)
            if read.entry != nil { read.entry = bytes }
        }
        submit(bytes, read)
    }

    func record() {
        guard let read else { return }
        stage = .recording
        read.recordStarted = .now()
        if core.spool != nil, read.route.failMode == .spool {
            read.entry = loop.writer.bytes
            // A store that is slow rather than broken leaves half of the time for the journal.
            let now = LoopContext.now()
            read.journalAt = now + max(0, read.deadline - now) / 2
        }
        if read.isNaming { read.unnamed = loop.writer.bytes } else { submit(loop.writer.bytes, read) }
    }

    private func submit(_ bytes: [UInt8], _ read: ReadState) {
        if read.isLate { loop.late[number]?.name = read.name }
        do throws(LedgerError) {
            try loop.record(bytes, signed: read.signed, for: self, number: number)
        } catch {
            // What the ledger will never take must not lie in the journal for ever.
            switch error {
            case .entryTooLarge, .invalidEntry: read.entry = nil
            default: break
            }
            recorded(.failed, number: number)
        }
    }

    func recorded(_ outcome: Recorded, number: UInt64) {
        guard awaitsRecord(number), let read else { return }
        if case .failed = outcome, !read.answered, read.journalAt != .max {
            read.ledgerFailed = true
            // The ledger's store is away: the journal is the commit point, if it takes the record. It may have it already.
            if let entry = read.entry {
                read.entry = nil
                loop.addToJournal(entry, pendingEvent: nil, of: self, number: number)
            }
            return
        }
        settle(outcome, read)
    }

    /// The ledger takes its time; its own attempt goes on.
    func journal() {
        guard let read, let entry = read.entry else { return }
        read.entry = nil
        loop.journal(entry, of: self, eventID: read.eventID, number: number)
    }

    func journalled(_ written: Bool, number: UInt64) {
        guard awaitsRecord(number), let read else { return }
        if written { return settle(.spool, read) }
        read.journalAt = .max
        // Else there is still the ledger.
        if read.ledgerFailed { settle(.failed, read) }
    }

    /// Whether the read of that number still waits for its record.
    func awaitsRecord(_ number: UInt64) -> Bool {
        guard number == self.number, case .recording = stage else { return false }
        return true
    }

    private func settle(_ outcome: Recorded, _ read: ReadState) {
        core.metrics.commit.observe(microseconds: Self.microseconds(since: read.recordStarted))
        if read.isLate {
            let recorded =
                switch outcome {
                case .ledger, .spool: true
                case .repeated, .failed: false
                }
            loop.lateReadEnded(number: number, recorded: recorded)
        }
        let receipt: String
        switch outcome {
        case .ledger(let index):
            receipt = String(index)
        case .spool:
            core.metrics.spooled.add()
            receipt = "spooled"
        case .repeated:
            core.failures.note(.signatureReplayed, from: addressText)
            if !read.answered {
                count(.unauthenticated, of: read)
                answer(.signatureReplayed, receipt: nil)
            }
            return finish()
        case .failed:
            if !read.answered {
                count(.unrecorded, of: read)
                answer(.ledgerUnavailable, receipt: nil)
            }
            return finish()
        }
        guard read.isRefused else { return release(read, receipt: receipt) }
        if !read.answered {
            count(read.outcome, of: read)
            if let problem = read.problem { answer(problem, receipt: receipt) }
        }
        finish()
    }

    /// The one place where data leaves.
    private func release(_ read: ReadState, receipt: String) {
        guard isOpen, !read.answered else {
            if !read.answered { core.metrics.count(.clientGone) }
            loop.correct(
                eventID: read.eventID,
                outcome: read.answered ? "deadline_exceeded" : "client_gone",
                bytesSentAtLeast: 0
            )
            return finish()
        }
        core.metrics.count(.released)
        let (eventID, grade, started, prepared) = (
            read.eventID, read.binding.grade.rawValue, read.started, read.prepared
        )
        let ready = NIODeadline.now()
        release(eventID, binding: grade, receipt: receipt)
        let total = Self.microseconds(since: started)
        let answer = Self.microseconds(since: ready)
        core.metrics.answer.observe(microseconds: answer)
        core.metrics.total.observe(microseconds: total)
        prepared.level.release(afterMicroseconds: total)
        if read.trace != nil { keepTrace(of: read, .released) }
    }

    private func count(_ outcome: ReadOutcome, of read: ReadState) {
        core.metrics.count(outcome)
        read.prepared.level.count(outcome)
        if read.trace != nil { keepTrace(of: read, outcome) }
    }

    private func keepTrace(of read: ReadState, _ outcome: ReadOutcome) {
        guard let trace = read.trace, trace.context.isSampled else { return }
        core.spans?.add(trace.spans(of: read, outcome: outcome, using: &loop.identifiers))
    }

    private func finish() {
        if case .recording = stage {
            stage = .receiving
            read = nil
        }
    }

    func recordingLate() {
        guard let read else { return }
        // The record may still be made; then a correction says that nothing was released.
        read.answered = true
        count(.unrecorded, of: read)
        keepAlive = false
        write(.ledgerUnavailable, receipt: nil)
    }
}
