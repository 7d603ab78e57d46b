/// The rungs of the containment ladder, from the mildest to the gravest.
public enum ContainmentStep: String, Sendable, Hashable, Codable, CaseIterable {
    /// People or a SOAR are told, by the sinks that the configuration names; nothing is done to the agent.
    case notify
    /// Our gateway refuses the agent's reads that come without a reason; those with one are recorded with it.
    case justify
    /// Our gateway masks every field of what the agent reads; the agent keeps the call.
    case maskOnly = "mask_only"
    /// Our gateway refuses the agent's reads.
    case block = "block"
    /// `DELETE /api/v2/tokens/{userId}`: the next call of the platform's API fails. A user of single sign-on returns unseen.
    case deleteTokens = "delete_tokens"
    /// `PATCH /api/v2/users/{userId}` with `state` inactive: a full stop. The effect on a live call is not documented.
    case deactivateUser = "deactivate_user"
    /// `PUT /api/v2/oauth/clients/{id}` with `state` disabled: the client's tokens die.
    case disableClient = "disable_client"
    /// `POST /api/v2/users/{userId}/password` with a random value that nobody keeps; of use only where login is native.
    case randomPassword = "random_password"
}

extension ContainmentStep: Comparable {
    /// The order of the ladder.
    public static func < (left: Self, right: Self) -> Bool { left.rung < right.rung }

    private var rung: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Whether it leaves the agent as they are, so that neither the cap nor the list of protected accounts is about it.
    var touchesNobody: Bool { self == .notify }
}
