import ArgumentParser

/// The one executable: parse, compose, run.
@main
struct Muniment: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "muniment",
        abstract: "Audited access to customers' data for contact centres, and proof of everything that happened to it.",
        discussion: """
            Exit codes: 0 done; 1 could not be done; 2 done, and what was checked is not in order (a ledger that does not \
            verify, a configuration with problems, a doctor's finding); 64 the command line was wrong.
            """,
        version: Build.version,
        groupedSubcommands: [
            CommandGroup(
                name: "Run",
                subcommands: [
                    InitCommand.self, CheckConfigCommand.self, ServeCommand.self, DoctorCommand.self,
                    SandboxCommand.self,
                    DemoCommand.self,
                ]
            ),
            CommandGroup(
                name: "Ask",
                subcommands: [
                    AlertsCommand.self, WhoSawCommand.self, EventsCommand.self, DisclosedCommand.self,
                    TokenCommand.self,
                ]
            ),
            CommandGroup(
                name: "Redact",
                subcommands: [RedactCommand.self, RedactTokensCommand.self]
            ),
            CommandGroup(
                name: "Manage",
                subcommands: [
                    LedgerCommand.self, IdentityCommand.self, RespondCommand.self, HoneyCommand.self, RulesCommand.self,
                    SinksCommand.self,
                    ClientsCommand.self, PolicyCommand.self, GenesysCommand.self,
                    BackupCommand.self,
                    RestoreCommand.self, StoreCommand.self, MigrateCommand.self,
                ]
            ),
        ]
    )
}

/// What this program is.
enum Build {
    /// The version, as in CHANGELOG.md.
    static let version = "0.1.0"
}
