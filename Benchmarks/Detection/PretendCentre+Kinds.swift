import JSON

extension PretendCentre {
    /// Why a read is made. What is not `honest` was put in to be found.
    enum Motive: String, CaseIterable {
        case honest
        /// Another customer's record under the number of the agent's own conversation, an old one, or none that exists.
        case stranger = "a customer whom nothing ties to the agent"
        case old = "a customer of the agent's, hours after the conversation"
        // From here on with knowledge of how reads are explained.
        case duringCall = "during a live call of whose customer nothing is known"
        case slowDrip = "twice a day under broken glass, once less than D-09 counts"
        case again = "again without need, within thirty minutes of the call"
        case supervisor = "by a supervisor who listens in to be tied to the customer"

        var isAdversarial: Bool { [.duringCall, .slowDrip, .again, .supervisor].contains(self) }
    }

    struct Read {
        let agent: String
        let customer: String
        let motive: Motive
        /// What the agent was doing.
        let task: String
    }

    struct Item {
        let time: Int64
        let fields: [String: JSONValue]
        var read: Read?
    }

    /// Shares of what happens; the assumptions on which every figure rests.
    enum Share {
        static let lookupFails = 0.05
        static let factIsLost = 0.0005
        static let customerIsUnknown = 0.005
        static let readsAgain = 0.3
        static let readsAfterwards = 0.1
        static let transfer = 0.08
        static let callback = 0.03
        static let campaign = 0.05
        static let review = 0.01
        static let supervision = 0.01
        static let behalf = 0.002
        static let behalfWithoutCase = 0.05
        static let snoop = 0.0015
        static let adversarial = 0.0005
    }
}
