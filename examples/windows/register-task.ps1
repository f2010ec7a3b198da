# Registers a nightly task. Run once, in the folder of the project, as the user who owns it.
$project = (Get-Location).Path
$action = New-ScheduledTaskAction -Execute "$project\.venv\Scripts\solar.exe" `
  -Argument "sync --quiet" -WorkingDirectory $project
$trigger = New-ScheduledTaskTrigger -Daily -At 3:15am
$settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -MultipleInstances IgnoreNew `
  -ExecutionTimeLimit (New-TimeSpan -Hours 6)
Register-ScheduledTask -TaskName "solar-elt" -Action $action -Trigger $trigger -Settings $settings
