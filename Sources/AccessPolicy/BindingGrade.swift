/// How well agent, interaction and subject of a read are tied together by facts of the platform, best first.
public enum BindingGrade: String, CaseIterable, Sendable, Codable {
    /// The platform confirms agent, live interaction and subject.
    case verified
    /// The platform confirms some of them and contradicts none.
    case partial
    /// Only the caller says so.
    case claimed
    /// The platform says otherwise.
    case contradicted
    /// The platform could not be asked.
    case unverifiable
}
