// Docker Compose as a plugin of the docker client, for machines that have none and that no release can be downloaded to.
// stack/compose.sh builds it from the Go module that Compose itself is made of; nothing of it is kept here.
package main

import (
	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/docker/cli/cli-plugins/plugin"
	"github.com/docker/cli/cli/command"
	commands "github.com/docker/compose/v2/cmd/compose"
	"github.com/docker/compose/v2/pkg/compose"
	"github.com/spf13/cobra"
)

// What go.mod requires.
const version = "v2.40.3"

func root(cli command.Cli) *cobra.Command {
	cmd := commands.RootCommand(cli, compose.NewComposeService(cli))
	own := cmd.PersistentPreRunE
	// The client behind `cli` is ready only after the plugin's own preparation.
	cmd.PersistentPreRunE = func(cmd *cobra.Command, arguments []string) error {
		if err := plugin.PersistentPreRunE(cmd, arguments); err != nil || own == nil {
			return err
		}
		return own(cmd, arguments)
	}
	return cmd
}

func main() {
	plugin.Run(root, metadata.Metadata{SchemaVersion: "0.1.0", Vendor: "Docker Inc.", Version: version})
}
