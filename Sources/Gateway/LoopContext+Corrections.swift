import AccessPolicy
import Identity
import JSON
import Ledger
import WallTime

/// A read that went on before the platform had answered. The correction must not precede the event that it corrects, so whichever
/// comes first, the record or the facts, waits here for the other.
struct LateRead {
    let eventID: [UInt8]
    let agent: String
    let interaction: String
    let customer: String
    /// Under which name the customer stands in the record.
    var name: String?
    var isRecorded = false
    var facts: Binding?
}

extension LoopContext {
    /// Records that an earlier release did not happen as its event says.
    func correct(eventID: [UInt8], outcome: StaticString, bytesSentAtLeast: Int) {
        writer.reset()
        writer.beginObject()
        writer.key("bytesSentAtLeast")
        writer.integer(bytesSentAtLeast)
        writer.key("correctedEventId")
        writer.string(eventID)
        writer.key("eventId")
        writer.string(newEventID())
        writer.key("eventType")
        writer.string(EventType.disclosureCorrected.rawValue)
        writer.key("outcome")
        writer.string(literal: outcome)
        writeEnd()
        submitCorrection()
    }

    // MARK: Late facts

    /// The platform's answer for a read that did not wait for it. Silence on its part changes nothing.
    func factsArrived(_ facts: Binding, number: UInt64) {
        guard var read = late[number] else { return }
        read.facts = facts
        late[number] = read
        correctBinding(number)
    }

    /// What became of the record of a read that did not wait for the platform.
    func lateReadEnded(number: UInt64, recorded: Bool) {
        guard recorded, var read = late[number] else {
            late[number] = nil
            return
        }
        read.isRecorded = true
        late[number] = read
        correctBinding(number)
    }

    private func correctBinding(_ number: UInt64) {
        guard let read = late[number], read.isRecorded, let facts = read.facts else { return }
        late[number] = nil
        guard facts.grade != .unverifiable else { return }
        writer.reset()
        writer.beginObject()
        writer.key("agentId")
        writer.string(read.agent)
        writer.key("binding")
        writer.string(facts.grade.rawValue)
        writer.key("bindingReason")
        writer.string(facts.reason.rawValue)
        writer.key("correctedEventId")
        writer.string(read.eventID)
        writer.key("customerId")
        writer.string(read.name ?? core.tokeniser.token(.customer, read.customer))
        writer.key("eventId")
        writer.string(newEventID())
        writer.key("eventType")
        writer.string(EventType.bindingCorrected.rawValue)
        writer.key("interactionId")
        writer.string(read.interaction)
        writer.key("previousBinding")
        writer.string(BindingReason.lookupLate.grade.rawValue)
        writeEnd()
        submitCorrection()
    }

    private func writeEnd() {
        writer.key("producer")
        writer.string(core.settings.producer)
        writer.key("schemaVersion")
        writer.integer(Event.schemaVersion)
        writer.key("timestamp")
        writer.string(core.clock.now().description)
        writer.endObject()
    }
}
