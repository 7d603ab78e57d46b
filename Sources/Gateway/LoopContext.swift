import AccessPolicy
import JSON
import Ledger
import Measures
import MerkleLog
import NIOCore
import Redaction
import Synchronization
import WallTime

/// What belongs to one event loop of the data plane: its way into the ledger, its connections and its buffers.
///
/// `@unchecked Sendable`: every stored property is touched on `loop` only; other threads hold the reference just to hop there.
final class LoopContext: @unchecked Sendable {
    /// Who waits for a record to become durable.
    private enum Waiter {
        case read(ReadConnection, number: UInt64)
        /// Nobody; its bytes are kept for the journal.
        case correction([UInt8])
    }

    let loop: any EventLoop
    let core: GatewayCore
    private(set) var pools: [UpstreamPool] = []
    private var lane: AppendLane?
    private var waiters = CircularBuffer<Waiter>()
    private var plansOfRoles: [Set<String>: RolePlans] = [:]
    private var rolesOfAgents: [String: AgentRoles] = [:]
    /// Reads, by number, that went on before the platform had answered.
    var late: [UInt64: LateRead] = [:]
    /// Events, by their reads' numbers, that the journal has while the ledger's answer is outstanding.
    private var journalled: [UInt64: String] = [:]
    private var connections: [ReadConnection] = []
    private var nextNumber: UInt64 = 0
    var identifiers: Xoshiro
    var writer = CanonicalJSONWriter(capacity: 4096)
    var scratch = ProjectionScratch()

    /// The plans of everybody who holds the same roles, as far as they have been needed.
    final class RolePlans {
        let roles: Set<String>
        var known: [ReadPlan.Key: ReadPlan] = [:]

        init(roles: Set<String>) { self.roles = roles }
    }

    /// What an agent's platform roles came to.
    struct AgentRoles {
        let plans: RolePlans
        let platformRoles: [String]
    }

    init(loop: any EventLoop, core: GatewayCore, ledger: Ledger) {
        self.loop = loop
        self.core = core
        var system = SystemRandomNumberGenerator()
        identifiers = Xoshiro(seededBy: &system)
        lane = ledger.makeLane { [weak self] outcome in
            guard let self else { return }
            self.loop.execute { self.settled(outcome) }
        }
        pools = core.settings.upstreams.indices.map { UpstreamPool(number: $0, context: self) }
    }

    /// Begins to look after deadlines. A coarse tick for all costs less than a timer for each.
    func start() {
        loop.scheduleRepeatedTask(initialDelay: .milliseconds(10), delay: .milliseconds(10)) { [weak self] task in
            guard let self else { return task.cancel() }
            self.tick()
        }
    }

    static func now() -> Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    // MARK: Connections

    func add(_ connection: ReadConnection) {
        connection.slot = connections.count
        connections.append(connection)
    }

    func remove(_ connection: ReadConnection) {
        guard connection.slot >= 0 else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.slot] = last
            last.slot = connection.slot
        }
        connection.slot = -1
    }

    private func tick() {
        let now = Self.now()
        let draining = core.draining.load(ordering: .relaxed)
        // A connection may remove itself, which moves the last one into its place.
        var position = connections.count - 1
        while position >= 0 {
            if position < connections.count { connections[position].tick(now, draining: draining) }
            position -= 1
        }
        for pool in pools { pool.tick(now) }
    }

    // MARK: Numbers

    func nextReadNumber() -> UInt64 {
        nextNumber += 1
        return nextNumber
    }

    func newEventID() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        EventIdentity.appendRandomID(to: &bytes, using: &identifiers)
        return bytes
    }

    // MARK: Plans

    func roles(of agent: String, platformRoles: [String]) -> AgentRoles {
        if let known = rolesOfAgents[agent], known.platformRoles == platformRoles { return known }
        let roles = core.policy.roles(forAgent: agent, platformRoles: platformRoles)
        let entry = AgentRoles(plans: plans(for: roles), platformRoles: platformRoles)
        if rolesOfAgents.count > 20_000 { rolesOfAgents.removeAll() }
        rolesOfAgents[agent] = entry
        return entry
    }

    /// Agents of the same roles share their plans.
    private func plans(for roles: Set<String>) -> RolePlans {
        if let known = plansOfRoles[roles] { return known }
        let plans = RolePlans(roles: roles)
        if plansOfRoles.count > 1000 { plansOfRoles.removeAll() }
        plansOfRoles[roles] = plans
        return plans
    }

    func plan(route: Int, purpose: Int, grade: BindingGrade, isMasked: Bool, roles: AgentRoles) -> ReadPlan? {
        let key = ReadPlan.Key(route: route, purpose: purpose, grade: grade, isMasked: isMasked)
        if let plan = roles.plans.known[key] { return plan }
        let plan = core.plan(key, roles: roles.plans.roles)
        roles.plans.known[key] = plan
        return plan
    }

    // MARK: Records

    /// Submits an event; `connection` is told when it is durable.
    /// - Parameter signed: the event's name, when the ledger must not have one of that name already.
    func record(
        _ bytes: [UInt8],
        signed: EventIdentity?,
        for connection: ReadConnection,
        number: UInt64
    ) throws(LedgerError) {
        try submit(bytes, checking: signed, .read(connection, number: number))
    }

    /// Submits the correction that the writer holds. One that the ledger does not take goes to the journal; without one it is
    /// counted as lost, and the event that it corrects says what was intended.
    func submitCorrection() {
        core.metrics.corrections.add()
        let bytes = writer.bytes
        do throws(LedgerError) { try submit(bytes, .correction(bytes)) } catch { correctionFailed(bytes) }
    }

    private func correctionFailed(_ bytes: [UInt8]) {
        let metrics = core.metrics
        guard let spool = core.spool else { return metrics.lostCorrections.add() }
        spool.add(bytes) { written in if !written { metrics.lostCorrections.add() } }
    }

    private func submit(
        _ bytes: [UInt8],
        checking identity: EventIdentity? = nil,
        _ waiter: Waiter
    ) throws(LedgerError) {
        guard let lane else { throw .closed }
        try lane.submit(checking: identity) { $0.append(contentsOf: bytes) }
        waiters.append(waiter)
    }

    /// Puts a read's record into the journal while the ledger still has it too.
    func journal(_ entry: [UInt8], of connection: ReadConnection, eventID: [UInt8], number: UInt64) {
        let id = String(decoding: eventID, as: UTF8.self)
        journalled[number] = id
        addToJournal(entry, pendingEvent: id, of: connection, number: number)
    }

    /// Puts into the journal what the ledger did not take.
    func addToJournal(_ entry: [UInt8], pendingEvent: String?, of connection: ReadConnection, number: UInt64) {
        let bound = NIOLoopBound(connection, eventLoop: loop)
        core.spool?.add(entry, pendingEvent: pendingEvent) { [loop] written in
            loop.execute { bound.value.journalled(written, number: number) }
        }
    }

    private func settled(_ outcome: LaneOutcome) {
        switch outcome {
        case .committed(let results, _):
            for result in results {
                guard case .read(let connection, let number)? = waiters.popFirst() else { continue }
                switch result {
                case .appended(let index): settle(connection, number, .ledger(index))
                case .duplicate, .conflict: settle(connection, number, .repeated)
                }
            }
        case .failed(_, let count):
            for _ in 0..<count {
                switch waiters.popFirst() {
                case .read(let connection, let number)?: settle(connection, number, .failed)
                case .correction(let bytes)?: correctionFailed(bytes)
                case nil: break
                }
            }
        }
    }

    private func settle(_ connection: ReadConnection, _ number: UInt64, _ outcome: ReadConnection.Recorded) {
        if !journalled.isEmpty, let id = journalled.removeValue(forKey: number) {
            let isDealtWith =
                switch outcome {
                case .ledger: true
                // What the journal has let out meanwhile must still be recorded.
                case .repeated: connection.awaitsRecord(number)
                case .spool, .failed: false
                }
            core.spool?.settle(id, recorded: isDealtWith)
        }
        connection.recorded(outcome, number: number)
    }

    // MARK: The end

    /// Ends what is still open. The records of reads that end with it are submitted at once.
    func close() {
        for pool in pools { pool.close() }
        for connection in connections { connection.close() }
    }

    /// Forgets the way into the ledger.
    func leave(_ ledger: Ledger) {
        if let lane { ledger.remove(lane) }
        lane = nil
    }

    /// Whether reads are under way.
    var isBusy: Bool { connections.contains { $0.isBusy } || !waiters.isEmpty }

    /// Entries of the tables that reads leave something in while they are under way.
    var remembered: Int { late.count + journalled.count + waiters.count }
}

/// xoshiro256** (Blackman and Vigna): quick identifiers, seeded by the system. They must differ, not be secret.
struct Xoshiro: RandomNumberGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init(seededBy generator: inout some RandomNumberGenerator) {
        state = (generator.next() | 1, generator.next(), generator.next(), generator.next())
    }

    mutating func next() -> UInt64 {
        let scaled = state.1 &* 5
        let result = (scaled << 7 | scaled >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }
}
