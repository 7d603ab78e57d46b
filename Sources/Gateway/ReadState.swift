import Ledger
import NIOCore
import WallTime

/// The read under way on a connection.
final class ReadState {
    let prepared: PreparedRoute
    let purpose: Int
    let request: ReadRequest
    let clientID: String
    let eventID: [UInt8]
    /// The event's whole name, when it must not be in the ledger already; nil when it was drawn at random.
    let signed: EventIdentity?
    let started: NIODeadline
    let timestamp: Timestamp
    /// When the whole must be over, in milliseconds of a clock that never steps.
    let deadline: Int64

    var conversation: Binding?
    var platformRoles: [String]?
    var isLate = false
    var binding = Binding(.noPlatform)
    var plan: ReadPlan?
    var overVelocity = false
    /// Whether the customer's id lies beside the one that the agent asked for before.
    var isNeighbour = false
    /// What contains the agent.
    var restriction: AgentRestriction = []
    var upstreamDeadline: Int64 = 0
    var upstreamStarted = NIODeadline.now()
    var upstreamMicroseconds: Int64 = 0
    /// When the upstream had answered.
    var upstreamEnded: NIODeadline { upstreamStarted + .microseconds(upstreamMicroseconds) }
    var retried = false
    var hasAskedUpstream = false
    /// Its trace; nil where none is kept.
    var trace: ReadTrace?
    var recordStarted = NIODeadline.now()
    /// Under which name the customer stands in the ledger; nil for the token of the customer's number.
    var name: String?
    /// The record as written, while the customer's name is looked up.
    var unnamed: [UInt8]?
    /// Where in the record the customer's name stands, without its quotation marks.
    var namePlace = 0..<0
    /// Whether the name is being looked up.
    var isNaming = false
    /// Whether nothing is to be released.
    var isRefused = false
    /// What the caller is told when the record of a refusal is durable; nil when nobody is there to be told.
    var problem: Problem?
    /// How a refused read ended.
    var outcome = ReadOutcome.released
    /// The event's bytes, kept where the journal may have to take them.
    var entry: [UInt8]?
    /// When the journal takes them, in milliseconds of a clock that never steps, if the ledger has not.
    var journalAt: Int64 = .max
    /// Whether the ledger has said that it could not record it.
    var ledgerFailed = false
    /// Set when the caller has been told something else than the record says.
    var answered = false

    var route: Route { prepared.route }

    init(
        prepared: PreparedRoute,
        purpose: Int,
        request: ReadRequest,
        clientID: String,
        eventID: [UInt8],
        signed: EventIdentity?,
        started: NIODeadline,
        timestamp: Timestamp
    ) {
        self.prepared = prepared
        self.purpose = purpose
        self.request = request
        self.clientID = clientID
        self.eventID = eventID
        self.signed = signed
        self.started = started
        self.timestamp = timestamp
        deadline = LoopContext.now() + Int64(prepared.route.budgetMilliseconds)
    }
}
