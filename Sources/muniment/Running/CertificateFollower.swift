import Gateway
import Logging
import UnixSignals
import WallTime

/// Has listeners use new certificates without a restart.
struct CertificateFollower {
    let certificates: [TLSKeeper]
    let clock: any WallClock
    let logger: Logger

    /// Reads the listeners' certificates again on SIGHUP, and once a minute when their files have changed.
    func run(_ hangups: UnixSignalsSequence) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in hangups { reload() } }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(60))
                    if !Task.isCancelled { reload() }
                }
            }
        }
    }

    private func reload() {
        for certificate in certificates {
            let metadata: Logger.Metadata = ["listener": "\(certificate.listener)"]
            switch certificate.reload(at: clock.now()) {
            case .unchanged: continue
            case .replaced:
                logger.notice(
                    "certificate replaced",
                    metadata: metadata.merging(["expires": "\(certificate.status.expires)"]) { first, _ in first }
                )
            case .refused(let reason):
                logger.error(
                    "certificate not replaced: the one before stays in use",
                    metadata: metadata.merging(["reason": "\(reason)"]) { first, _ in first }
                )
            }
        }
    }
}
