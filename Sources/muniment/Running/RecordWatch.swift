import Detection
import Gateway
import Ledger
import Logging
import Monitoring
import Settings
import Storage
import WallTime

/// Detection, where it is on, and the containment of agents: decided once in a cluster, and kept to by every node's gateway.
struct RecordWatch: Sendable {
    let ledger: Ledger
    let leases: LeaseKeeper
    let detection: DetectionSettings
    /// How detection goes here.
    let status: DetectionStatus
    let containment: ContainmentDesk
    /// What this node's gateway keeps to.
    let restrictions: AgentRestrictions
    let clock: any WallClock
    let logger: Logger

    /// How often what is due is looked for: a mask or a block is to hold within a second.
    private static let rhythm = Duration.milliseconds(200)

    /// Runs until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            if detection.isOn { group.addTask { await detect() } }
            // A platform that is away holds up no mask and no block.
            group.addTask { await carryOut(.gateway, lease: "containment") }
            if detection.isOn, !containment.policy.automatic.isEmpty { group.addTask { await containByItself() } }
            group.addTask { await carryOut(.platform, lease: "containment-platform") }
            group.addTask { await keepGatewayToContainment() }
        }
    }

    private func detect() async {
        for shortcoming in RuleTest.shortcomings(ofOwn: detection.rules) {
            logger.warning("own rules are not tested enough", metadata: ["shortcoming": "\(shortcoming)"])
        }
        await leases.run("detection") { _ in
            try await DetectionFollower(
                ledger: ledger,
                rules: detection.rules.pack,
                configuration: detection.configuration,
                clock: clock,
                status: status
            ) { what, error in
                logger.warning("detection: \(what)", metadata: ["error": "\(error)"])
            }.run()
        }
    }

    private func carryOut(_ reach: ContainmentDesk.Reach, lease: String) async {
        await leases.run(lease) { _ in
            while !Task.isCancelled {
                // One step of each case at a time, until nothing is due.
                while try await containment.work([reach]) {}
                try await Task.sleep(for: Self.rhythm)
            }
        }
    }

    /// Under a lease of its own, so that nothing that goes wrong here holds up what people asked for.
    private func containByItself() async {
        await leases.run("containment-automatic") { _ in
            var automatic = AutomaticContainment(containment)
            while !Task.isCancelled {
                try await automatic.look()
                try await Task.sleep(for: Self.rhythm)
            }
        }
    }

    /// Whichever node brought it about.
    private func keepGatewayToContainment() async {
        while !Task.isCancelled {
            do { try await restrictGateway() } catch {
                logger.warning("containment cannot be followed", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Self.rhythm)
        }
    }

    /// Holds the gateway to what is in force now. Before it listens this must have succeeded once: a restart releases nobody.
    func restrictGateway() async throws {
        let found = try await containment.restrictions()
        restrictions.replace(
            with: Dictionary(
                found.compactMap { found in AgentRestriction(found.step).map { (found.agent, $0) } },
                uniquingKeysWith: { $0.union($1) }
            )
        )
    }
}

extension AgentRestriction {
    /// What a step asks of the gateway; nil for one that asks nothing of it.
    fileprivate init?(_ step: ContainmentStep) {
        switch step {
        case .justify: self = .justify
        case .maskOnly: self = .maskOnly
        case .block: self = .block
        case .notify, .deleteTokens, .deactivateUser, .disableClient, .randomPassword: return nil
        }
    }
}
