/// A destination's name that leads to an address which nothing may be sent to.
public struct ForbiddenAddress: Error, Sendable, Hashable, CustomStringConvertible {
    /// The address.
    public let address: MachineAddress

    public var description: String {
        "the destination's name leads to \(address), a link-local address at which clouds hand out credentials: nothing was sent; "
            + "correct the name, or find out who changed what it resolves to"
    }
}

/// Which machines may be connected to. What decides is the address, after the name was resolved: a name that was good when it was
/// configured may lead elsewhere later. Private networks are free, for that is where most receivers are.
public struct AddressRule: Sendable {
    private let forbids: @Sendable (MachineAddress) -> Bool
    private let lookUp: @Sendable (String) -> [MachineAddress]

    /// Makes a rule.
    /// - Parameters:
    ///   - forbids: whether nothing may be sent to an address; link-local ones unless it is said.
    ///   - lookUp: resolves the name of a host; may block.
    public init(
        forbids: @escaping @Sendable (MachineAddress) -> Bool = \.isLinkLocal,
        lookUp: @escaping @Sendable (String) -> [MachineAddress]
    ) {
        self.forbids = forbids
        self.lookUp = lookUp
    }

    /// Judges the address that a connection leads to.
    /// - Throws: ``ForbiddenAddress``.
    public func admit(_ address: MachineAddress) throws(ForbiddenAddress) {
        if forbids(address) { throw ForbiddenAddress(address: address) }
    }

    /// The addresses of a host, for clients that connect by themselves and take addresses in place of names. Blocks where names are looked up.
    /// - Returns: none when the name has none.
    /// - Throws: ``ForbiddenAddress`` when any of them is forbidden.
    public func addresses(of host: String) throws(ForbiddenAddress) -> [String] {
        let found = MachineAddress(host).map { [$0] } ?? lookUp(host)
        for address in found { try admit(address) }
        return found.map(\.description)
    }
}
